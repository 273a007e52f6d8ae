/** The word count that the grid runs, in threads of this process: what two processors can do with the same functions. */
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";

const THREADS = 2;

/** Gets chunks as bytes, as a slot does, and answers with the counts of all of them. */
const THREAD = `
const { parentPort } = require("node:worker_threads");
parentPort.once("message", async ({ source, chunks }) => {
  const program = await import("data:text/javascript," + encodeURIComponent(source));
  const all = new Map();
  for (const chunk of chunks) {
    const values = new Map();
    const emit = (key, value) => {
      const own = values.get(key);
      if (own) own.push(value);
      else values.set(key, [value]);
    };
    const lines = new TextDecoder().decode(chunk).split("\\n");
    lines.pop();
    for (const line of lines) program.map(line, { emit });
    for (const [key, own] of values) {
      const before = all.get(key);
      const count = program.combine(key, own);
      if (before) before.push(count);
      else all.set(key, [count]);
    }
  }
  parentPort.postMessage(all);
});
`;

/** Without the time in which the threads start. */
export async function countWithNode(
  text: string,
  chunkBytes: number,
): Promise<{ ms: number; words: number }> {
  const source = await readFile("examples/word-count/program.js", "utf8");
  const program = (await import("../examples/word-count/program.js")) as {
    reduce: (key: string, values: number[]) => number;
  };
  const chunks = chunksOf(Buffer.from(text), chunkBytes);
  const threads = Array.from({ length: THREADS }, () => new Worker(THREAD, { eval: true }));
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once("online", resolve))));
  const startedAt = performance.now();
  const counted = await Promise.all(
    threads.map(
      (thread, own) =>
        new Promise<Map<string, number[]>>((resolve, reject) => {
          thread.once("message", resolve);
          thread.once("error", reject);
          thread.postMessage({ source, chunks: chunks.filter((_, place) => place % THREADS === own) });
        }),
    ),
  );
  const all = new Map<string, number[]>();
  for (const [key, values] of counted.flatMap((one) => [...one]))
    all.set(key, [...(all.get(key) ?? []), ...values]);
  let words = 0;
  for (const [key, values] of [...all].sort(([a], [b]) => (a < b ? -1 : 1)))
    words += program.reduce(key, values);
  const ms = performance.now() - startedAt;
  await Promise.all(threads.map((thread) => thread.terminate()));
  return { ms, words };
}

/** Cut after line ends. */
function chunksOf(text: Uint8Array, chunkBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf(10, Math.min(text.length - 1, from + chunkBytes));
    const end = newline === -1 ? text.length : newline + 1;
    chunks.push(text.subarray(from, end).slice());
    from = end;
  }
  return chunks;
}
