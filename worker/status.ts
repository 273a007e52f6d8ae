/** What a page shows of its volunteer: one snapshot, sent to every attached page as it changes, at most four times a second. */
import type { JobId, TaskId, VolunteerId } from "../protocol/ids";

export interface VolunteerStatus {
  readonly connection: ConnectionStatus;
  /** Null until the coordinator has told it. */
  readonly volunteerId: VolunteerId | null;
  /** Pages of this browser that are attached, computing or not. */
  readonly tabs: number;
  /** Slots of all tabs. */
  readonly slotCount: number;
  readonly thisTab: { readonly slotCount: number; readonly state: "stopped" | "running" };
  /** Slots of all tabs, oldest first. */
  readonly slots: readonly SlotStatus[];
  /** Of services, in all tabs. */
  readonly instances: readonly InstanceStatus[];
  /** Tasks that wait in this browser for a slot. */
  readonly waiting: number;
  /** Outcomes that the coordinator has not acknowledged yet. */
  readonly outbox: number;
  readonly totals: Totals;
}

export type ConnectionStatus =
  | { readonly state: "offline"; readonly message?: string }
  | { readonly state: "connecting"; readonly message?: string }
  | { readonly state: "connected" }
  /** The coordinator does not want this volunteer; it will not try again by itself. */
  | { readonly state: "refused"; readonly message: string };

export type SlotStatus =
  | { readonly state: "starting"; readonly slotId: string }
  | { readonly state: "idle"; readonly slotId: string }
  | {
      readonly state: "running";
      readonly slotId: string;
      readonly jobId: JobId;
      readonly taskId: TaskId;
      /** As the program reported it, 0 to 1. */
      readonly progress: number;
      readonly sinceMs: number;
    };

/** An instance of a service that runs here. */
export interface InstanceStatus {
  readonly instanceId: string;
  readonly name: string;
  readonly version: number;
  readonly state: "starting" | "ready";
  readonly answered: number;
  readonly outstanding: number;
}

/** Counted since this browser first took part (`tasks`, `computeMs`), or since the agent started (the rest). */
export interface Totals {
  readonly tasks: number;
  readonly computeMs: number;
  readonly bytesFetched: number;
  readonly bytesFromCache: number;
  readonly blocksFetched: number;
  readonly blocksFromCache: number;
  /** In the browser's database now. */
  readonly blocksStored: number;
  readonly bytesStored: number;
}
