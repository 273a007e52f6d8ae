/** Where large parts of an output leave the slot while its task still runs, so that it never holds all of them. */
export interface Outlet {
  /** @returns The part's number among those that the task has sent. */
  send(bytes: Uint8Array<ArrayBuffer>): number;
  /** Settles when what was sent has been stored; null while there is room for more. */
  room(): Promise<void> | null;
}

/** Parts of one output that the agent has not stored yet. */
export const UNSTORED_BYTES = 8 * 1024 * 1024;
