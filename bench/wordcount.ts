/**
 * Counts the words of a text with two slots, the blocks of it fetched (cold) and kept from the run before (warm).
 *
 * Against the same map, combine and reduce in two threads of Node, which have the text in memory; and against Dask bag where
 * Python has it. TABGRID_BENCH_BYTES says how many bytes of text: the King James Bible, again and again.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator, type Coordinator } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import { countWithNode } from "./wordcount-node";

const RUNS = 3;
const CHUNK_BYTES = 4 * 1024 * 1024;

export async function benchWordcount(): Promise<Figure[]> {
  const bytes = Number(process.env["TABGRID_BENCH_BYTES"] ?? 100_000_000);
  const text = await textOf(bytes);
  const source = await readFile("examples/word-count/program.js", "utf8");
  const samples = { cold: [] as Sample[], warm: [] as Sample[] };
  const daskSamples = { cold: [] as Sample[], warm: [] as Sample[] };
  for (let run = 0; run < RUNS; run++) {
    const browser = await startBrowser();
    const coordinator = await startCoordinator();
    try {
      await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=2`);
      await coordinator.waitForSlots(2);
      // The slots' workers and the coordinator's code are warm, the text is not there.
      await countOnce(coordinator, source, { text: "a few words\n" });
      const input = await upload(coordinator, text);
      const node = await countWithNode(text, CHUNK_BYTES);
      const cold = await countOnce(coordinator, source, input);
      const warm = await countOnce(coordinator, source, input);
      if (cold.words !== node.words || warm.words !== node.words)
        throw new Error(`The grid counted ${cold.words} words, Node ${node.words}`);
      samples.cold.push({ value: cold.ms, reference: node.ms });
      samples.warm.push({ value: warm.ms, reference: node.ms });
      const dask = await countWithDask(text);
      if (dask === null) continue;
      if (dask.words !== node.words) throw new Error(`Dask counted ${dask.words} words, Node ${node.words}`);
      daskSamples.cold.push({ value: cold.ms, reference: dask.ms });
      daskSamples.warm.push({ value: warm.ms, reference: dask.ms });
    } finally {
      await browser.close();
      await coordinator.close();
    }
  }
  if (daskSamples.warm.length === 0) console.error("  without Dask: python3 has no dask here");
  return [
    ...figuresOf(bytes, "Node, 2 threads", samples),
    ...(daskSamples.warm.length > 0 ? figuresOf(bytes, "Dask bag, 2 processes", daskSamples) : []),
  ];
}

function figuresOf(bytes: number, against: string, samples: { cold: Sample[]; warm: Sample[] }): Figure[] {
  const labels = { bench: "wordcount", unit: "ms", against };
  return [
    summarise({ ...labels, case: `${bytes} bytes, cold` }, samples.cold),
    summarise({ ...labels, case: `${bytes} bytes, warm` }, samples.warm),
  ];
}

async function textOf(bytes: number): Promise<string> {
  const bible = await readFile("examples/word-count/king-james-bible.txt", "utf8");
  const whole = bible.repeat(Math.ceil(bytes / bible.length)).slice(0, bytes);
  return `${whole.slice(0, whole.lastIndexOf("\n"))}\n`;
}

/** @returns What a job reads that text by, once it is all on the coordinator's disk. */
async function upload({ url }: Coordinator, text: string): Promise<object> {
  const dataset = "/bench/words";
  const query = `format=lines&blockBytes=${CHUNK_BYTES}`;
  const answer = await fetch(`${url}/api/v1/datasets${dataset}?${query}`, { method: "PUT", body: text });
  if (!answer.ok) throw new Error(`The dataset was refused: ${await answer.text()}`);
  return { dataset };
}

/** From the submission to the end. @returns Words counted, repeated ones too. */
async function countOnce(
  coordinator: Coordinator,
  source: string,
  input: object,
): Promise<{ ms: number; words: number }> {
  const options = { quorum: 1, reducers: 4 };
  const job = await coordinator.run({ name: "bench word count", program: { source }, input, options });
  let words = 0;
  const result = await (await fetch(`${coordinator.url}/api/v1/jobs/${job.id}/result`)).text();
  for (const line of result.split("\n"))
    if (line !== "") words += (JSON.parse(line) as { value: number }).value;
  return { ms: makespanMs(job), words };
}

const DASK = `
import re, sys, time
import dask, dask.bag as db
from collections import Counter
def count(lines):
    words = Counter()
    for line in lines: words.update(w.lower() for w in re.findall("[A-Za-z]+", line))
    return [words]
if __name__ == "__main__":
    started = time.time()
    bag = db.read_text(sys.argv[1], blocksize=4 * 1024 * 1024)
    with dask.config.set(scheduler="processes", num_workers=2):
        total = sum((Counter(c) for c in bag.map_partitions(count).compute()), Counter())
    print((time.time() - started) * 1000, sum(total.values()))
`;

/** @returns Null where there is no Dask. */
async function countWithDask(text: string): Promise<{ ms: number; words: number } | null> {
  const run = promisify(execFile);
  try {
    await run("python3", ["-c", "import dask.bag"]);
  } catch {
    return null;
  }
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-dask-"));
  try {
    await writeFile(path.join(folder, "text.txt"), text);
    await writeFile(path.join(folder, "count.py"), DASK);
    const { stdout } = await run("python3", [path.join(folder, "count.py"), path.join(folder, "text.txt")]);
    const [ms = NaN, words = NaN] = stdout.split(" ").map(Number);
    return { ms, words };
  } finally {
    await rm(folder, { recursive: true });
  }
}
