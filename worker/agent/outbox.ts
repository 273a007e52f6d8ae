/**
 * Outcomes from the moment a slot gives them until the coordinator has them for good.
 *
 *   waiting ── sent ──▶ done (forgotten)
 *      ▲         ├────▶ held ──▶ done, or upload
 *      └─────────┴── upload, uploaded; or the connection broke
 *
 * Saved in parcels without waiting for that: losing the browser then costs a second run, losing time always costs.
 */
import { taskIdParts, type Digest, type TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Answer } from "../../protocol/messages/report";
import type { Outcome, Ticket } from "../../protocol/task";
import { unreachable } from "../../protocol/unreachable";
import { digestOfBytes } from "./hash";
import { sizeOnWire } from "./wire-size";
import type { LifetimeTotals, OutboxStore } from "./outbox-store";

/** Well under LIMITS.messageBytes, because sizes are estimates from above. */
const REPORT_BYTES = (LIMITS.messageBytes * 3) / 4;

type Entry =
  | { readonly state: "waiting"; readonly outcome: Outcome; readonly parcel: number }
  | { readonly state: "sent"; readonly outcome: Outcome; readonly parcel: number }
  | { readonly state: "held"; readonly outcome: Outcome; readonly parcel: number }
  | { readonly state: "uploading"; readonly outcome: Outcome; readonly parcel: number };

export interface Outbox {
  readonly totals: LifetimeTotals;
  readonly size: number;
  readonly waitingCount: number;
  /** As much waits as fits in one report. */
  readonly isReportFull: boolean;
  /** What waits to be reported, oldest first. */
  waiting(): Outcome[];
  /** Tasks whose outputs or errors are here, with their tickets, oldest first. */
  computed(): [TaskId, Ticket | undefined][];
  /** The bytes of their large parts are kept already. */
  add(outcomes: readonly Outcome[]): void;
  /**
   * Stores bytes before the outcome that will name them is there. They stay until they are released, and for as long as an outcome here
   * names them.
   * @returns Their digest, and when they no longer take memory; that fails when the tab has no room for them, and they are not kept.
   */
  keep(bytes: Uint8Array<ArrayBuffer>): Promise<{ digest: Digest; stored: Promise<void> }>;
  /** Once for each `keep`. */
  release(digests: readonly Digest[]): void;
  /** Takes the oldest waiting outcomes that fit in one report; they are `sent` from here on. */
  take(maxCount: number): Outcome[];
  /**
   * @param sent What is answered: another outcome of the task, which has taken its place since, goes on. The one that is there when left out.
   * @returns The outcome, when its parts are to be uploaded now.
   */
  answered(taskId: TaskId, answer: Answer, sent?: Outcome): Outcome | null;
  /** To be reported again. */
  retry(taskId: TaskId): void;
  /** After a new connection, everything is offered again. */
  retryAll(): void;
  /** Given up: its bytes are gone, or the coordinator can make nothing of it. */
  drop(taskId: TaskId): void;
  bytesOf(digest: Digest): Promise<Uint8Array<ArrayBuffer> | null>;
}

export async function openOutbox(store: OutboxStore, reportBug: (error: unknown) => void): Promise<Outbox> {
  const entries = new Map<TaskId, Entry>();
  /** Tasks to report, oldest first. */
  const waiting = new Set<TaskId>();
  let waitingBytes = 0;
  /** How many outcomes of a parcel are still here. */
  const parcels = new Map<number, { open: number }>();
  /** How many entries need the bytes of a digest. */
  const needs = new Map<Digest, number>();

  const loaded = await store.load().catch((error: unknown) => {
    reportBug(error);
    return { parcels: [], digests: [], totals: { tasks: 0, computeMs: 0 } };
  });
  let totals = loaded.totals;
  let nextKey = 1;
  for (const { key, outcomes } of loaded.parcels) {
    nextKey = Math.max(nextKey, key + 1);
    put(key, outcomes);
  }
  const orphans = loaded.digests.filter((digest) => !needs.has(digest));
  if (orphans.length > 0) store.remove([], orphans).catch(reportBug);

  return {
    get totals() {
      return totals;
    },
    get size() {
      return entries.size;
    },
    get waitingCount() {
      return waiting.size;
    },
    get isReportFull() {
      return waiting.size >= LIMITS.batch || waitingBytes >= REPORT_BYTES;
    },
    waiting: () => [...waiting].flatMap((taskId) => entries.get(taskId)?.outcome ?? []),
    computed: () =>
      [...entries.values()].flatMap(({ outcome }) =>
        outcome.type === "released" ? [] : [[outcome.taskId, outcome.ticket]],
      ),
    add,
    take,
    answered,
    retry: (taskId) => move(taskId, "waiting"),
    retryAll() {
      for (const { state, outcome } of [...entries.values()]) {
        if (state !== "uploading") move(outcome.taskId, "waiting");
      }
    },
    drop,
    bytesOf: (digest) => store.bytesOf(digest),
    async keep(bytes) {
      const digest = await digestOfBytes(bytes);
      needs.set(digest, (needs.get(digest) ?? 0) + 1);
      return { digest, stored: store.keep(digest, bytes) };
    },
    release(digests) {
      const unneeded = digests.filter(isLastNeed);
      if (unneeded.length > 0) store.remove([], unneeded).catch(reportBug);
    },
  };

  function add(outcomes: readonly Outcome[]): void {
    if (outcomes.length === 0) return;
    for (const outcome of outcomes) {
      if (outcome.type !== "output") continue;
      const { count } = taskIdParts(outcome.taskId);
      totals = { tasks: totals.tasks + count, computeMs: totals.computeMs + outcome.elapsedMs };
    }
    const key = nextKey++;
    // Released tasks are no work to lose: the coordinator misses them soon enough.
    const worth = outcomes.filter(({ type }) => type !== "released");
    if (worth.length > 0) store.save({ key, outcomes: worth }, totals).catch(reportBug);
    put(key, outcomes);
  }

  function put(key: number, outcomes: readonly Outcome[]): void {
    parcels.set(key, { open: 0 });
    for (const outcome of outcomes) {
      for (const digest of largeDigests(outcome)) needs.set(digest, (needs.get(digest) ?? 0) + 1);
      drop(outcome.taskId);
      entries.set(outcome.taskId, { state: "waiting", outcome, parcel: key });
      wait(outcome, true);
      const parcel = parcels.get(key);
      if (parcel) parcel.open += 1;
    }
  }

  function take(maxCount: number): Outcome[] {
    const taken: Outcome[] = [];
    let bytes = 0;
    for (const taskId of waiting) {
      const entry = entries.get(taskId);
      if (!entry) continue;
      bytes += sizeOnWire(entry.outcome);
      if (taken.length > 0 && (bytes > REPORT_BYTES || taken.length >= maxCount)) break;
      taken.push(entry.outcome);
    }
    for (const { taskId } of taken) move(taskId, "sent");
    return taken;
  }

  function answered(taskId: TaskId, answer: Answer, sent?: Outcome): Outcome | null {
    const entry = entries.get(taskId);
    if (!entry || (sent && sent !== entry.outcome)) return null;
    switch (answer) {
      case "done":
        drop(taskId);
        return null;
      case "hold":
        move(taskId, "held");
        return null;
      case "upload":
        if (entry.state === "uploading") return null;
        move(taskId, "uploading");
        return entry.outcome;
      default:
        return unreachable(answer);
    }
  }

  function move(taskId: TaskId, state: Entry["state"]): void {
    const entry = entries.get(taskId);
    if (!entry) return;
    entries.set(taskId, { ...entry, state });
    wait(entry.outcome, state === "waiting");
  }

  function wait(outcome: Outcome, isWaiting: boolean): void {
    if (waiting.has(outcome.taskId) === isWaiting) return;
    if (isWaiting) waiting.add(outcome.taskId);
    else waiting.delete(outcome.taskId);
    waitingBytes += isWaiting ? sizeOnWire(outcome) : -sizeOnWire(outcome);
  }

  function drop(taskId: TaskId): void {
    const entry = entries.get(taskId);
    if (!entry) return;
    entries.delete(taskId);
    wait(entry.outcome, false);
    const unneeded = largeDigests(entry.outcome).filter(isLastNeed);
    const parcel = parcels.get(entry.parcel);
    if (!parcel) return;
    parcel.open -= 1;
    if (parcel.open > 0 && unneeded.length === 0) return;
    const keys = parcel.open === 0 ? [entry.parcel] : [];
    if (parcel.open === 0) parcels.delete(entry.parcel);
    store.remove(keys, unneeded).catch(reportBug);
  }

  function isLastNeed(digest: Digest): boolean {
    const left = (needs.get(digest) ?? 1) - 1;
    if (left > 0) needs.set(digest, left);
    else needs.delete(digest);
    return left <= 0;
  }
}

export function largeDigests(outcome: Outcome): Digest[] {
  if (outcome.type !== "output") return [];
  return outcome.parts.flatMap((part) => ("digest" in part ? [part.digest] : []));
}
