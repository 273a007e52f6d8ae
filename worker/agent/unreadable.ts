/** Tells what the coordinator says it does not have from what could not be fetched, which may be there in a moment. */
import type { ReleaseReason } from "../../protocol/task";

/** The coordinator does not have the bytes, or has others: asking again would not help, here or elsewhere. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** Why a task is given back for whose input there was this error instead. */
export function reasonFor(error: unknown): ReleaseReason {
  return error instanceof Unreadable ? "unread" : "stopped";
}
