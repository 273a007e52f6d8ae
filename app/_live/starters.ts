/** What the form begins with, for each way to write a program: small, and complete. */
export const STARTERS = {
  js: `// Runs in volunteers' tabs, once for every record (here: every line).
export function map(line, { emit }) {
  emit(line.trim().length, 1);
}

// Optional: what to do with all the values of one key.
export function reduce(length, counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}
`,
  ts: `interface Context {
  emit(key: number, value: number): void;
}

export function map(line: string, { emit }: Context): void {
  emit(line.trim().length, 1);
}

export function reduce(length: number, counts: number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
`,
  pando: `module.exports["/pando/1.0.0"] = function (x, callback) {
  callback(null, x.toUpperCase());
};
`,
  python: `# Runs in volunteers' tabs, once for every record (here: every line).
def map(line, context):
    context.emit(len(line.strip()), 1)


# Optional: what to do with all the values of one key.
def reduce(length, counts):
    return sum(counts)
`,
  mapper: `import sys

for line in sys.stdin:
    for word in line.split():
        print(word + "\\t1")
`,
  reducer: `import sys

current, count = None, 0
for line in sys.stdin:
    word, one = line.rstrip("\\n").split("\\t")
    if word != current:
        if current is not None:
            print(current + "\\t" + str(count))
        current, count = word, 0
    count += int(one)
if current is not None:
    print(current + "\\t" + str(count))
`,
} as const satisfies Record<string, string>;

/** What a service begins with. */
export const SERVICE_STARTER = `// Stays in volunteers' tabs, and answers requests.
export function handle(request) {
  const { name = "you" } = request.query;
  return { hello: name, path: request.path };
}
`;
