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
  /** Those whose input could not be had. */
  readonly missing: readonly AssignedTask[];
}

export async function prepare(
  blocks: Blocks,
  tasks: readonly AssignedTask[],
  reportBug: (error: unknown) => void,
): Promise<Prepared> {
  const inputs = await Promise.all(tasks.map(({ input }) => loaded(blocks, input).catch(reportBug)));
  const ready: SlotTask[] = [];
  const missing: AssignedTask[] = [];
  tasks.forEach((task, index) => {
    const input = inputs[index];
    if (input) ready.push({ taskId: task.taskId, input });
    else missing.push(task);
  });
  return { tasks: withoutRepeats(ready), missing };
}

/** Starts fetching what tasks will need, up to `maxBlocks`. */
export function prefetchInputs(blocks: Blocks, inputs: readonly TaskInput[], maxBlocks: number): void {
  const digests = new Set<Digest>();
  for (const input of inputs) {
    if (digests.size >= maxBlocks) break;
    if (input.type === "records") digests.add(input.block);
    if (input.type === "runs") digests.add(input.manifest);
  }
  for (const digest of digests) blocks.prefetch(digest);
}

async function loaded(blocks: Blocks, input: TaskInput): Promise<SlotInput> {
  switch (input.type) {
    case "records":
      return { ...input, bytes: await blocks.get(input.block) };
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
