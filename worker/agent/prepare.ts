/** Gets what tasks need before they can run: blocks and runs. Knows no slots. */
import type { Digest, TaskId } from "../../protocol/ids";
import { readManifest, type ListedBlock } from "../../protocol/runs/manifest";
import type { AssignedTask, ReleaseReason, TaskInput } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import { sizeOf } from "../content";
import type { SlotInput, SlotRun, SlotTask } from "../sandbox/slot-api";
import type { Cache } from "./cache";
import { fewAtOnce } from "./few-at-once";
import { gatherColumns, prefetchColumns } from "./gather-columns";
import { reasonFor } from "./unreadable";

type Blocks = Pick<Cache, "get" | "lend" | "prefetch">;

export interface Prepared {
  readonly tasks: readonly SlotTask[];
  /** Of reducers, for each run: the blocks that do not come with the task. */
  readonly later: ReadonlyMap<TaskId, readonly (readonly ListedBlock[])[]>;
  /** Those whose input could not be had, and why they are given back. */
  readonly missing: readonly MissingTask[];
  /** Those whose input would have been too much at once. */
  readonly postponed: readonly AssignedTask[];
}

export interface MissingTask {
  readonly taskId: TaskId;
  readonly reason: ReleaseReason;
}

export async function prepare(
  blocks: Blocks,
  tasks: readonly AssignedTask[],
  reportBug: (error: unknown) => void,
): Promise<Prepared> {
  const ready: SlotTask[] = [];
  const later = new Map<TaskId, ListedBlock[][]>();
  const missing: MissingTask[] = [];
  const loading = new Map<TaskId, Promise<LoadedTask | ReleaseReason>>();
  function loadAhead(place: number): void {
    for (const [ahead, task] of tasks.slice(place, place + LOADED_AHEAD).entries()) {
      // The columns of a row group are put together when it is their turn: they may be 128 MiB.
      if (loading.has(task.taskId) || (ahead > 0 && isOutline(task.input))) continue;
      loading.set(task.taskId, loadedTask(blocks, task, ready.at(-1)).catch(reasonToMiss));
    }
  }
  function reasonToMiss(error: unknown): ReleaseReason {
    reportBug(error);
    return reasonFor(error);
  }
  let bytes = 0;
  for (const [place, task] of tasks.entries()) {
    if (bytes >= BUNDLE_BYTES)
      return { tasks: withoutRepeats(ready), later, missing, postponed: tasks.slice(place) };
    loadAhead(place);
    const found = (await loading.get(task.taskId)) ?? "stopped";
    if (typeof found === "string") {
      missing.push({ taskId: task.taskId, reason: found });
      continue;
    }
    bytes += newBytes(ready.at(-1)?.input, found.task.input);
    ready.push(found.task);
    if (found.later) later.set(task.taskId, found.later);
  }
  return { tasks: withoutRepeats(ready), later, missing, postponed: [] };
}

/** Input that goes to a slot in one call, but for a task that alone has more: tasks beyond it wait for the next call. */
const BUNDLE_BYTES = 32 * 1024 * 1024;
/** Inputs of a bundle that are loaded at a time. */
const LOADED_AHEAD = 4;

/** What a task's input takes in memory, beyond that of the task before. */
function newBytes(before: SlotInput | undefined, input: SlotInput): number {
  if (input.type !== "records") return 0;
  const isSame = before?.type === "records" && before.block === input.block;
  return isSame || !input.bytes ? 0 : sizeOf(input.bytes);
}

/** Starts fetching what tasks will need, up to `maxBlocks`. */
export function prefetchInputs(blocks: Blocks, inputs: readonly TaskInput[], maxBlocks: number): void {
  const digests = new Map<Digest, boolean>();
  const outlines = new Set<Digest>();
  for (const input of inputs) {
    if (digests.size + outlines.size >= maxBlocks) break;
    if (input.type === "records" && input.isOutline) {
      outlines.add(input.block);
      continue;
    }
    if (input.type === "records") digests.set(input.block, true);
    if (input.type === "runs") digests.set(input.manifest, false);
  }
  for (const [digest, isInput] of digests) blocks.prefetch(digest, isInput);
  for (const digest of outlines) {
    // What goes wrong is told when the task is prepared.
    blocks.get(digest).then(
      (outline) => prefetchColumns(blocks, outline),
      () => {},
    );
  }
}

interface Loaded {
  readonly input: SlotInput;
  readonly later?: ListedBlock[][];
}

interface LoadedTask extends Pick<Loaded, "later"> {
  readonly task: SlotTask;
}

const isOutline = (input: TaskInput) => input.type === "records" && input.isOutline === true;

async function loadedTask(
  blocks: Blocks,
  { taskId, input, ranges }: AssignedTask,
  before: SlotTask | undefined,
): Promise<LoadedTask> {
  const { later, ...rest } = await loaded(blocks, input, before?.input);
  const task = { taskId, ...rest, ...(ranges && { ranges: await blocks.get(ranges) }) };
  return { task, ...(later && { later }) };
}

async function loaded(blocks: Blocks, input: TaskInput, before: SlotInput | undefined): Promise<Loaded> {
  switch (input.type) {
    case "records":
      return { input: await loadedRecords(blocks, input, before) };
    case "range":
      return { input };
    case "runs":
      return runsIn(blocks, await blocks.get(input.manifest));
    default:
      return unreachable(input);
  }
}

async function loadedRecords(
  blocks: Blocks,
  { isOutline, ...input }: Extract<TaskInput, { type: "records" }>,
  before: SlotInput | undefined,
): Promise<SlotInput> {
  if (!isOutline) return { ...input, bytes: await blocks.lend(input.block) };
  if (before?.type === "records" && before.block === input.block) return { ...input, bytes: before.bytes };
  return { ...input, bytes: await gatherColumns(blocks, await blocks.get(input.block)) };
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
  await fewAtOnce(FETCHES, runs, async (run, place) => {
    for (const block of run) found[place]?.push("digest" in block ? await blocks.get(block.digest) : block);
  });
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
