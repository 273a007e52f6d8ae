/**
 * Reads the blocks that the agent lends as `Blob`s, and compares them with their names: nothing of a task runs before that.
 *
 * One block ahead of the task that runs, so that few are held at a time. Whatever a program does to this worker's own functions
 * deceives nobody but its own job.
 */
import type { Digest, TaskId } from "../../protocol/ids";
import { fastHashOf, readBlob } from "../content";
import type { SlotTask } from "./slot-api";

export interface Arrival {
  readonly taskId: TaskId;
  /** With its bytes; null when they are not what their digest says. */
  readonly task: SlotTask | null;
}

/** @returns Each task in its order, once its bytes are here. The first are read at once. */
export function withBytes(tasks: readonly SlotTask[]): AsyncGenerator<Arrival> {
  const [first] = tasks;
  const reading = first && arrived(first);
  return arrivals(tasks, reading);
}

async function* arrivals(
  tasks: readonly SlotTask[],
  first: Promise<SlotTask | null> | undefined,
): AsyncGenerator<Arrival> {
  let reading = first;
  let spoilt: Digest | null = null;
  for (const [place, { taskId, input }] of tasks.entries()) {
    const task = (await reading) ?? null;
    const next = tasks[place + 1];
    reading = next && arrived(next);
    const block: Digest | null = input.type === "records" ? input.block : null;
    // What is cut from the block of the task before comes without its bytes.
    const isOfSpoilt: boolean = input.type === "records" && input.bytes === null && block === spoilt;
    spoilt = task && !isOfSpoilt ? null : block;
    yield { taskId, task: spoilt === null ? task : null };
  }
}

async function arrived(task: SlotTask): Promise<SlotTask | null> {
  const { input } = task;
  if (input.type !== "records" || !(input.bytes instanceof Blob)) return task;
  try {
    const bytes = await readBlob(input.bytes);
    return (await fastHashOf(bytes)) === input.block ? { ...task, input: { ...input, bytes } } : null;
  } catch {
    // Cannot be read, or not be verified here: the agent sees to it.
    return null;
  }
}
