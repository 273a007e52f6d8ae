/** Gets what tasks need before they can run: blocks and runs. Knows no slots. */
import type { Digest, TaskId } from "../../protocol/ids";
import { readManifest, type ListedBlock } from "../../protocol/runs/manifest";
import type { AssignedTask, TaskInput } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import type { SlotInput, SlotRun, SlotTask } from "../sandbox/slot-api";
import type { Cache } from "./cache";

type Blocks = Pick<Cache, "get" | "prefetch">;

export interface Prepared {
  readonly tasks: readonly SlotTask[];
  /** Of reducers, for each run: the blocks that do not come with the task. */
  readonly later: ReadonlyMap<TaskId, readonly (readonly ListedBlock[])[]>;
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
  const later = new Map<TaskId, ListedBlock[][]>();
  const missing: AssignedTask[] = [];
  tasks.forEach((task, index) => {
    const input = inputs[index];
    if (input) ready.push({ taskId: task.taskId, input: input.input });
    if (input?.later) later.set(task.taskId, input.later);
    if (!input) missing.push(task);
  });
  return { tasks: withoutRepeats(ready), later, missing };
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

interface Loaded {
  readonly input: SlotInput;
  readonly later?: ListedBlock[][];
}

async function loaded(blocks: Blocks, input: TaskInput): Promise<Loaded> {
  switch (input.type) {
    case "records":
      return { input: { ...input, bytes: await blocks.get(input.block) } };
    case "range":
      return { input };
    case "runs":
      return runsIn(blocks, await blocks.get(input.manifest));
    default:
      return unreachable(input);
  }
}

/** So much is fetched before the task begins; of more, the task fetches one block of each run at a time. */
const SMALL_INPUT_BYTES = 4 * 1024 * 1024;

async function runsIn(blocks: Blocks, manifest: Uint8Array): Promise<Loaded> {
  const listed = readManifest(manifest);
  const bytes = listed.flat().reduce((sum, block) => sum + ("digest" in block ? block.bytes : 0), 0);
  const later = bytes > SMALL_INPUT_BYTES ? listed.map(farEndOf) : listed.map(() => []);
  const here = await fetched(
    blocks,
    listed.map((run, place) => run.slice(0, run.length - (later[place]?.length ?? 0))),
  );
  const runs: SlotRun[] = here.map((own, place) => ({ blocks: own, later: later[place]?.length ?? 0 }));
  return { input: { type: "runs", runs }, later };
}

/** The blocks from the first on that has to be fetched. */
function farEndOf(run: ListedBlock[]): ListedBlock[] {
  const first = run.findIndex((block) => "digest" in block);
  return first < 0 ? [] : run.slice(first);
}

/** Runs are fetched a few at a time: a reducer may have ten thousand. */
const FETCHES = 8;

async function fetched(blocks: Blocks, runs: readonly ListedBlock[][]): Promise<Uint8Array[][]> {
  const found: Uint8Array[][] = runs.map(() => []);
  let next = 0;
  async function fetchSome(): Promise<void> {
    for (let place = next++; place < runs.length; place = next++) {
      for (const block of runs[place] ?? [])
        found[place]?.push("digest" in block ? await blocks.get(block.digest) : block);
    }
  }
  await Promise.all(Array.from({ length: Math.min(FETCHES, runs.length) }, fetchSome));
  return found;
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
