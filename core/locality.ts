/**
 * Delay scheduling: a task goes by preference to a volunteer that holds its block, and waits for such a one for a while.
 *
 *   fresh block, or a copy that is wanted ── somebody else holds it ──▶ kept back ── by then, or when a slot would idle ──▶ anybody
 *                                         └── nobody else does ──▶ anybody, at once
 *
 * Locality never idles a slot: a volunteer with no more copies than slots is given what is kept back too, if there is nothing
 * else for it. One with more at hand can wait. A volunteer finds its own tasks by what it holds, each block looked at once for each
 * stage, so that an event costs O(1) amortised whatever is held by whom.
 */
import type { EpochMs, VolunteerId } from "../protocol/ids";
import type { Placing } from "../protocol/views";
import type { Catalog } from "./catalog";
import type { Grid, GridJob, GridVolunteer, Stage } from "./grid";
import { openLocalQueue, type LocalQueue } from "./local-queue";
import { isFreeAt } from "./packs";
import { unfitFor } from "./placing";
import { StageBlocks, type InputBlocks } from "./stage-blocks";
import type { Place } from "./task";
import { WantLog, type WantDecision } from "./want-log";

/** Of a stage whose tasks read blocks. */
export interface Locality {
  readonly blocks: StageBlocks;
  /** Blocks with fresh tasks that their holders have first call on, the first kept back first. */
  readonly kept: { place: number; since: EpochMs }[];
  /** The first of `kept` that may have fresh tasks. */
  keptFrom: number;
  /** Copies that holders of their blocks have first call on. */
  readonly withheld: WantLog<{ index: number; since: EpochMs }>;
  /** Tasks handed out, each copy counted; of these, those to volunteers that had the block, or were fetching it. */
  placedTasks: number;
  localTasks: number;
  /** What the others have to fetch. */
  movedBytes: number;
}

export function openLocality(blocks: InputBlocks, taskCount: number): Locality {
  return {
    blocks: new StageBlocks(blocks, taskCount),
    kept: [],
    keptFrom: 0,
    withheld: new WantLog(),
    placedTasks: 0,
    localTasks: 0,
    movedBytes: 0,
  };
}

/** What became of it so far, over the job's stages; null when it reads no blocks. */
export function placingOf({ stages }: GridJob): Placing | null {
  const [locality] = stages.flatMap((stage) => stage.locality ?? []);
  if (!locality) return null;
  const { placedTasks, localTasks, movedBytes } = locality;
  return { copies: placedTasks, local: localTasks, bytesMoved: movedBytes };
}

/** How much a volunteer without a block looks past what others hold, and a holder past what is done, at each request. */
const LOOK_AT_MOST = 256;
/** Computing time at hand, for each slot, with which a volunteer can wait. */
const CAN_WAIT_MS = 200;

/** True when a slot of it may soon have nothing to do. */
export function isStarving({ leases, heldMs, slowness, slotCount }: GridVolunteer): boolean {
  const slots = Math.max(1, slotCount);
  return leases.size <= slots || heldMs * slowness < CAN_WAIT_MS * slots;
}

/** A copy was handed out: the volunteer has the block, or soon will. */
export function notePlaced(
  { catalog }: Grid,
  { locality }: Stage,
  index: number,
  count: number,
  id: VolunteerId,
): void {
  if (!locality) return;
  const place = locality.blocks.placeOf(index);
  const key = locality.blocks.keyAt(place);
  locality.placedTasks += count;
  if (catalog.holds(id, key)) locality.localTasks += count;
  else locality.movedBytes += locality.blocks.bytesAt(place);
  catalog.add(id, key);
}

/** The first fresh task of a block that the volunteer holds. */
export function localTask({ catalog }: Grid, stage: Stage, id: VolunteerId): number | null {
  const { locality } = stage;
  const holdings = catalog.holdingsOf(id);
  if (!locality || !holdings) return null;
  const queue = queueOf(catalog, stage, id);
  if (queue.generation !== holdings.generation) {
    queue.generation = holdings.generation;
    queue.mark = 0;
  }
  for (let looks = 0; looks < LOOK_AT_MOST; looks++) {
    const place = queue.places.at(-1);
    if (place !== undefined) {
      const isHeld = holdings.keys.has(locality.blocks.keyAt(place));
      const task = isHeld ? freshTaskOf(stage, locality, place) : null;
      if (task !== null) return task;
      queue.places.pop();
      continue;
    }
    const key = holdings.log[queue.mark];
    if (key === undefined) return null;
    queue.mark += 1;
    queue.places.push(...locality.blocks.placesOf(key));
  }
  return null;
}

/**
 * Leads the cursor past blocks that others hold, which are kept back for them.
 *
 * @returns True when the cursor stands at a fresh task that anybody may have at once.
 */
export function passHeldBlocks({ catalog }: Grid, stage: Stage, now: EpochMs): boolean {
  const { locality } = stage;
  if (!locality) return true;
  for (let looks = 0; looks < LOOK_AT_MOST; looks++) {
    while (stage.cursor < stage.taskCount && !isFreeAt(stage, stage.cursor)) stage.cursor += 1;
    if (stage.cursor >= stage.taskCount) return false;
    const place = locality.blocks.placeOf(stage.cursor);
    if (catalog.holdersOf(locality.blocks.keyAt(place)).length === 0) return true;
    locality.kept.push({ place, since: now });
    stage.cursor = locality.blocks.endOf(place);
  }
  return false;
}

/** The first fresh task of those kept back, for a volunteer that need not wait for its holders: it is starving, or they had their time. */
export function keptTask(grid: Grid, stage: Stage, now: EpochMs, isUrgent: boolean): number | null {
  const { locality } = stage;
  if (!locality || !hasKept(stage)) return null;
  const first = locality.kept[locality.keptFrom];
  return first && (isUrgent || isOver(grid, first.since, now))
    ? freshTaskOf(stage, locality, first.place)
    : null;
}

/** True when fresh tasks are kept back for those who hold their blocks. O(1) amortised. */
export function hasKept(stage: Stage): boolean {
  const { locality } = stage;
  if (!locality) return false;
  const { kept } = locality;
  for (let first = kept[locality.keptFrom]; first; first = kept[++locality.keptFrom])
    if (freshTaskOf(stage, locality, first.place) !== null) return true;
  kept.length = 0;
  locality.keptFrom = 0;
  return false;
}

/** True when something waits for those who hold it, which a volunteer that can wait is not given yet. */
export function isKeptBack(stage: Stage): boolean {
  return (stage.locality?.withheld.size ?? 0) > 0 || hasKept(stage);
}

/**
 * Keeps a copy back for somebody who holds the task's block and may have it.
 *
 * @returns False when there is none such: then anybody may have it.
 */
export function keepForHolder(grid: Grid, job: GridJob, stage: Stage, index: number, now: EpochMs): boolean {
  const { locality } = stage;
  const open = stage.open.get(index);
  if (!locality || !open) return false;
  const holders = grid.catalog.holdersOf(locality.blocks.keyAt(locality.blocks.placeOf(index)));
  // Who says that it holds much must not choose whom it shares its tasks with.
  const from = Math.floor(grid.mixer.between(0, holders.length));
  for (let turn = 0; turn < holders.length; turn++) {
    const id = holders[(from + turn) % holders.length];
    const holder = id === undefined ? undefined : grid.volunteers.get(id);
    if (holder?.presence.state !== "connected" || holder.slotCount === 0) continue;
    if (unfitFor(grid, job, open.task, holder) !== null) continue;
    const { round } = open;
    queueOf(grid.catalog, stage, holder.id).wants.push({ index, round });
    locality.withheld.push({ index, since: now }, round);
    return true;
  }
  return false;
}

/** The first task that wants a copy and was kept back for this volunteer. */
export function localWant(
  { catalog }: Grid,
  stage: Stage,
  id: VolunteerId,
  decide: WantDecision<number>,
): number | null {
  const wants = catalog.holdingsOf(id)?.queues.get(stage)?.wants;
  for (let want = wants?.shift(); want; want = wants?.shift()) {
    const decision = decide(want.index, want.round);
    if (decision === "take") return want.index;
    // It has no room for it now: then neither has anybody else.
    if (decision === "later") return (wants?.unshift(want), null);
  }
  return null;
}

/** The first copy kept back that this volunteer may have, when it is starving or the holders had their time. */
export function takeWithheld(
  grid: Grid,
  { locality }: Stage,
  reader: Place,
  now: EpochMs,
  isUrgent: boolean,
  decide: WantDecision<number>,
): number | null {
  const taken = locality?.withheld.take(reader, ({ index, since }, round) => {
    const decision = decide(index, round);
    return decision === "take" && !isUrgent && !isOver(grid, since, now) ? "stop" : decision;
  });
  return taken?.index ?? null;
}

/** True when there is a copy kept back that this volunteer may have, perhaps later. */
export function hasWithheld({ locality }: Stage, reader: Place, decide: WantDecision<number>): boolean {
  return locality?.withheld.has(reader, ({ index }, round) => decide(index, round)) ?? false;
}

/** As `hasWithheld`, and changes nothing. */
export function wouldFindWithheld({ locality }: Stage, reader: Place, decide: WantDecision<number>): boolean {
  return locality?.withheld.wouldFind(reader, ({ index }, round) => decide(index, round)) ?? false;
}

function queueOf(catalog: Catalog, stage: Stage, id: VolunteerId): LocalQueue {
  const queues = catalog.holdingsOf(id)?.queues;
  const queue = queues?.get(stage) ?? openLocalQueue();
  queues?.set(stage, queue);
  return queue;
}

/** Whether the holders had their time; also when the clock was set back since. */
function isOver({ policy }: Grid, since: EpochMs, now: EpochMs): boolean {
  return now < since || now - since >= policy.localityMs;
}

function freshTaskOf(stage: Stage, { blocks }: Locality, place: number): number | null {
  return blocks.freshTaskOf(place, (task) => isFreeAt(stage, task));
}
