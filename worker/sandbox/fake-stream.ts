/** For tests: a task's stream that keeps everything in memory, and the blocks of runs made and read. */
import { CanonicalText, snapshotOf } from "../../protocol/runs/column";
import { openRunWriter, pairsIn } from "../../protocol/runs/run-block";
import { canonicalJson } from "../../protocol/canonical";
import type { RunSource } from "./merge";
import type { TaskOutcome } from "./slot-answers";
import type { SlotRun } from "./slot-api";
import type { TaskStream } from "./stream";

export interface FakeStream extends TaskStream {
  readonly sent: Uint8Array<ArrayBuffer>[];
  /** By the number of the run: blocks that were spilt, or that a test put there. */
  readonly runs: Map<number, Uint8Array[]>;
}

export function openFakeStream(): FakeStream {
  const sent: Uint8Array<ArrayBuffer>[] = [];
  const runs = new Map<number, Uint8Array[]>();
  return {
    sent,
    runs,
    send: (bytes) => sent.push(bytes) - 1,
    room: () => null,
    next: (run) => Promise.resolve(runs.get(run)?.shift() ?? null),
    spill: (run, bytes) => void runs.set(run, [...(runs.get(run) ?? []), bytes]),
  };
}

export type Pair = readonly [key: unknown, value: unknown];

/** Pairs, in the order of their keys, as the blocks of a run. */
export function blocksOf(...pairs: readonly Pair[]): Uint8Array<ArrayBuffer>[] {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  const writer = openRunWriter(({ bytes }) => blocks.push(bytes));
  for (const [key, value] of pairs) {
    const isStructured = typeof key === "object" && key !== null && !(key instanceof Uint8Array);
    writer.add(isStructured ? new CanonicalText(canonicalJson(key)) : key, [snapshotOf(value)]);
  }
  writer.finish();
  return blocks;
}

/** A run whose blocks are all here. */
export function sourceOf(...pairs: readonly Pair[]): RunSource {
  const blocks = blocksOf(...pairs);
  return { next: () => blocks.shift() ?? null };
}

export const runOf = (...pairs: readonly Pair[]): SlotRun => ({ blocks: blocksOf(...pairs), later: 0 });

/** The pairs of an output's runs, by partition. */
export function pairsOf(outcome: TaskOutcome, stream: FakeStream, partitions: number): Pair[][] {
  return blocksByPartition(outcome, stream, partitions).map((blocks) =>
    blocks.flatMap((block) => [...pairsIn(block)].map(({ key, value }): Pair => [key, value])),
  );
}

export function blocksByPartition(
  outcome: TaskOutcome,
  stream: FakeStream,
  partitions: number,
): Uint8Array[][] {
  if (outcome.type === "error") throw new Error(outcome.message);
  const all: Uint8Array[][] = Array.from({ length: partitions }, () => []);
  for (const part of outcome.parts) {
    if ("text" in part) throw new Error("A map with reducers makes runs; got text");
    const block = "run" in part ? part.run : stream.sent[part.sent];
    if (block) all[part.partition]?.push(block);
  }
  return all;
}
