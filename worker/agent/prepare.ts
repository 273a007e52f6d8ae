/** Gets what tasks need before they can run: blocks and runs. Knows no slots. */
import * as z from "zod";
import type { Digest } from "../../protocol/ids";
import { Part, type AssignedTask, type TaskInput } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import type { SlotInput, SlotTask } from "../sandbox/slot-api";
import type { Cache } from "./cache";

type Blocks = Pick<Cache, "get" | "prefetch">;

export interface Prepared {
  readonly tasks: readonly SlotTask[];
  /** Those whose input would have been too much at once. */
  readonly later: readonly AssignedTask[];
  /** Those whose input could not be had. */
  readonly missing: readonly AssignedTask[];
}

export async function prepare(
  blocks: Blocks,
  tasks: readonly AssignedTask[],
  reportBug: (error: unknown) => void,
): Promise<Prepared> {
  const ready: SlotTask[] = [];
  const missing: AssignedTask[] = [];
  const loading = new Map<AssignedTask, Promise<SlotInput | void>>();
  const load = (from: number) => {
    for (const task of tasks.slice(from, from + LOADED_AHEAD))
      if (!loading.has(task)) loading.set(task, loaded(blocks, task.input).catch(reportBug));
  };
  let bytes = 0;
  let place = 0;
  for (; place < tasks.length && bytes < BUNDLE_BYTES; place++) {
    load(place);
    const task = tasks[place];
    const input = task && (await loading.get(task));
    if (task && input) {
      bytes += newBytes(ready.at(-1)?.input, input);
      ready.push({ taskId: task.taskId, input });
    } else if (task) missing.push(task);
  }
  return { tasks: withoutRepeats(ready), missing, later: tasks.slice(place) };
}

/** Input that goes to a slot in one call: tasks beyond it wait for the next one. */
const BUNDLE_BYTES = 32 * 1024 * 1024;
/** Inputs of a bundle that are loaded at a time. */
const LOADED_AHEAD = 4;

/** What a task's input takes in memory, beyond that of the task before. */
function newBytes(before: SlotInput | undefined, input: SlotInput): number {
  if (input.type === "range") return 0;
  if (input.type === "runs") return input.runs.reduce((sum, run) => sum + run.length, 0);
  const isSame = before?.type === "records" && before.block === input.block;
  return isSame ? 0 : (input.bytes?.byteLength ?? 0);
}

/** Starts fetching what tasks will need, up to `maxBlocks`. */
export function prefetchInputs(blocks: Blocks, inputs: readonly TaskInput[], maxBlocks: number): void {
  const digests = new Map<Digest, boolean>();
  for (const input of inputs) {
    if (digests.size >= maxBlocks) break;
    if (input.type === "records") digests.set(input.block, true);
    if (input.type === "runs") digests.set(input.manifest, false);
  }
  for (const [digest, isInput] of digests) blocks.prefetch(digest, isInput);
}

async function loaded(blocks: Blocks, input: TaskInput): Promise<SlotInput> {
  switch (input.type) {
    case "records":
      return { ...input, bytes: await blocks.get(input.block, true) };
    case "range":
      return input;
    case "runs":
      return { type: "runs", runs: await runsIn(blocks, await blocks.get(input.manifest)) };
    default:
      return unreachable(input);
  }
}

/** Runs are fetched a few at a time: a reducer may have ten thousand. */
const FETCHES = 8;

async function runsIn(blocks: Blocks, manifest: Uint8Array): Promise<(string | Uint8Array)[]> {
  const parts = partsIn(new TextDecoder().decode(manifest));
  const runs: (string | Uint8Array)[] = new Array(parts.length).fill("");
  let next = 0;
  async function fetchSome(): Promise<void> {
    for (let index = next++; index < parts.length; index = next++) {
      const part = parts[index];
      if (part) runs[index] = "text" in part ? part.text : await blocks.get(part.digest);
    }
  }
  await Promise.all(Array.from({ length: Math.min(FETCHES, parts.length) }, fetchSome));
  return runs;
}

function partsIn(manifest: string): Part[] {
  const lines = manifest.split("\n").filter((line) => line !== "");
  return z.array(Part).parse(lines.map((line): unknown => JSON.parse(line)));
}

/** A block crosses to the slot's process once, not with each of its tasks. */
function withoutRepeats(tasks: readonly SlotTask[]): SlotTask[] {
  let last: Digest | null = null;
  return tasks.map((task) => {
    const { input } = task;
    if (input.type !== "records") return task;
    if (input.block === last) return { ...task, input: { ...input, bytes: null } };
    last = input.block;
    return task;
  });
}
