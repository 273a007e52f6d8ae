/*
 * Counts primes, by the small interface of Tabgrid's runtime `wasm`: text in, JSON out.
 *
 * A record is the text of a number n, and stands for the numbers from 1000 n up to 1000 n + 999.
 */
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("tabgrid"), import_name(name)))

IMPORT("emit") void emit(const char *key, int key_bytes, const char *value, int value_bytes);

/* What is handed over lies here until the call ends. */
static char heap[1 << 22];
static int used;

EXPORT("alloc") void *alloc(int bytes) {
  char *place = heap + used;
  used += (bytes + 7) & ~7;
  if (used > (int)sizeof heap) __builtin_trap();
  return place;
}

EXPORT("reset") void reset(void) { used = 0; }

static const char KEY[] = "\"primes\"";

static void emit_count(int count) {
  char text[12];
  int at = sizeof text;
  do text[--at] = (char)('0' + count % 10); while (count /= 10);
  emit(KEY, sizeof KEY - 1, text + at, (int)sizeof text - at);
}

static int is_prime(int n) {
  if (n < 2) return 0;
  for (int divisor = 2; divisor * divisor <= n; divisor++)
    if (n % divisor == 0) return 0;
  return 1;
}

EXPORT("map") void map(const char *text, int bytes) {
  int thousand = 0, count = 0;
  for (int at = 0; at < bytes; at++) thousand = 10 * thousand + text[at] - '0';
  for (int n = 1000 * thousand; n < 1000 * thousand + 1000; n++) count += is_prime(n);
  emit_count(count);
}

/* The values are a JSON list of numbers: [168,135,127]. */
EXPORT("reduce") void reduce(const char *key, int key_bytes, const char *values, int bytes) {
  int sum = 0, number = 0;
  for (int at = 0; at < bytes; at++) {
    if (values[at] >= '0' && values[at] <= '9') number = 10 * number + values[at] - '0';
    else sum += number, number = 0;
  }
  emit_count(sum + number);
}

EXPORT("combine") void combine(const char *key, int key_bytes, const char *values, int bytes) {
  reduce(key, key_bytes, values, bytes);
}
