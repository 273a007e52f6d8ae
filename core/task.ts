/** A task's life: a union advanced by events. What is to be done about it is `judge`'s to say. */
import type { AccountId, Digest, EpochMs, VolunteerId } from "../protocol/ids";
import { unreachable } from "../protocol/unreachable";

/** A part of an output as the coordinator knows it: named, and with its text, or its block of a run, when that came along. */
export interface StoredPart {
  digest: Digest;
  bytes: number;
  records: number;
  /** Which reducer it is for; absent for the first, and where there are none. */
  partition?: number;
  text?: string;
  run?: Uint8Array;
}

/** Whether its bytes are here, rather than in a block. */
export function isInline({ text, run }: StoredPart): boolean {
  return text !== undefined || run !== undefined;
}

/** What a copy said when the program threw. */
export interface ProgramError {
  message: string;
  stack: string;
  record: number | null;
}

/** Where a copy runs, as far as it matters to the others of its task. */
export interface Place {
  /** A key of the network address; null when it does not count. */
  address: string | null;
  /** Whose device it is; null when its volunteer belongs to no account. */
  account: AccountId | null;
  /** What its engine makes of floating-point functions; null when it does not tell. */
  arithmetic: string | null;
}

/** One volunteer's run of a task. A volunteer has at most one copy of a task. */
export type Copy =
  | { state: "leased"; volunteerId: VolunteerId; place?: Place; leasedAt: EpochMs }
  | {
      state: "returned";
      volunteerId: VolunteerId;
      place?: Place;
      digest: Digest;
      /** The earlier copy's digest that it votes for, in a job that compares with a tolerance; absent for its own. */
      agreesWith?: Digest;
      parts: readonly StoredPart[];
      /** True when the coordinator holds all bytes; false when the large ones are still in the tab. */
      bytesHere: boolean;
      elapsedMs: number;
    }
  | { state: "failed"; volunteerId: VolunteerId; place?: Place; error: ProgramError; elapsedMs: number }
  | { state: "lost"; volunteerId: VolunteerId; place?: Place };

export type ReturnedCopy = Extract<Copy, { state: "returned" }>;
export type EndedCopy = Exclude<Copy, { state: "leased" }>;

export type Task =
  | { state: "open"; copies: readonly Copy[] }
  /** Enough copies agree; `uploader` has been asked for the bytes. */
  | { state: "agreed"; copies: readonly Copy[]; digest: Digest; uploader: VolunteerId }
  | { state: "accepted"; copies: readonly Copy[]; digest: Digest }
  | { state: "failed"; copies: readonly Copy[] };

export type TaskEvent =
  | { type: "leased"; volunteerId: VolunteerId; place?: Place; at: EpochMs }
  /** Its copy came to an end: an answer, or a loss. */
  | { type: "ended"; copy: EndedCopy }
  | { type: "agreed"; digest: Digest; uploader: VolunteerId }
  | { type: "accepted"; digest: Digest }
  | { type: "gave-up" };

export const NEW_TASK: Task = { state: "open", copies: [] };

/**
 * The only way a task changes.
 *
 * News that comes too late (a closed task, a second answer of one volunteer)
 * changes nothing: on a volunteer grid that is an ordinary day, not an error.
 */
export function advanceTask(task: Task, event: TaskEvent): Task {
  if (task.state === "accepted" || task.state === "failed") return task;
  switch (event.type) {
    case "leased":
      return withCopy(task, leasedCopy(event));
    case "ended":
      return endCopy(task, event.copy);
    case "agreed":
      return { state: "agreed", copies: task.copies, digest: event.digest, uploader: event.uploader };
    case "accepted":
      return { state: "accepted", copies: task.copies, digest: event.digest };
    case "gave-up":
      return { state: "failed", copies: task.copies };
    default:
      return unreachable(event);
  }
}

export function copyOf(task: Task, volunteerId: VolunteerId): Copy | undefined {
  return task.copies.find((copy) => copy.volunteerId === volunteerId);
}

/** True when this volunteer may not be given the task: it has it, or has answered it. A lost copy does not count. */
export function isHolder(task: Task, volunteerId: VolunteerId): boolean {
  const copy = copyOf(task, volunteerId);
  return copy !== undefined && copy.state !== "lost";
}

function leasedCopy({ volunteerId, place, at }: Extract<TaskEvent, { type: "leased" }>): Copy {
  return place
    ? { state: "leased", volunteerId, place, leasedAt: at }
    : { state: "leased", volunteerId, leasedAt: at };
}

function endCopy(task: Task, ended: EndedCopy): Task {
  const before = copyOf(task, ended.volunteerId);
  if (ended.state === "lost") {
    return withCopy(uploaded(task, ended), ended);
  }
  if (before?.state === "failed") return task;
  if (before?.state === "returned") {
    // A repeated answer may only bring the bytes that the first one left in the tab.
    const bringsBytes = ended.state === "returned" && ended.digest === before.digest && ended.bytesHere;
    return bringsBytes && !before.bytesHere ? withCopy(uploaded(task, ended), ended) : task;
  }
  return withCopy(task, ended);
}

/** Its bytes came, or never will: whether that is the output is decided anew, for other answers may have come meanwhile. */
function uploaded(task: Task, { volunteerId }: EndedCopy): Task {
  const isUploader = task.state === "agreed" && task.uploader === volunteerId;
  return isUploader ? { state: "open", copies: task.copies } : task;
}

/** Joined rather than pushed: an array that grows has room for sixteen more, and half a million tasks may be under way. */
function withCopy<T extends Task>(task: T, copy: Copy): T {
  const isOwn = ({ volunteerId }: Copy) => volunteerId === copy.volunteerId;
  const others = task.copies.some(isOwn) ? task.copies.filter((other) => !isOwn(other)) : task.copies;
  return { ...task, copies: others.concat(copy) };
}
