/*
 * Counts letters. `letters map` reads text and writes a line for each letter it met, `letters reduce` adds up
 * such lines, sorted by letter. In a shell: ./letters map < text.txt | sort | ./letters reduce
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int map(void) {
  long counts[26] = {0};
  for (int c; (c = getchar()) != EOF;)
    if (isalpha(c)) counts[tolower(c) - 'a']++;
  for (int letter = 0; letter < 26; letter++)
    if (counts[letter]) printf("%c\t%ld\n", 'a' + letter, counts[letter]);
  return 0;
}

static int reduce(void) {
  char letter, last = 0;
  long count, sum = 0;
  while (scanf(" %c %ld", &letter, &count) == 2) {
    if (last && letter != last) printf("%c\t%ld\n", last, sum), sum = 0;
    last = letter;
    sum += count;
  }
  if (last) printf("%c\t%ld\n", last, sum);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "map") == 0) return map();
  if (argc == 2 && strcmp(argv[1], "reduce") == 0) return reduce();
  fprintf(stderr, "usage: letters map|reduce\n");
  return 2;
}
