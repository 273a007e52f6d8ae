/** A stage of which nothing has been handed out yet. */
import { BitSet } from "./bit-set";
import type { Stage } from "./grid";
import type { SubmittedJob, SubmittedStage } from "./grid-events";
import { openLocality } from "./locality";
import { UNKNOWN_COST } from "./task-cost";
import { WantLog } from "./want-log";

/** @param input Of the map stage: where its tasks' blocks begin, and what they are. */
export function createStage(
  { name, taskCount, isPlanned = true }: SubmittedStage,
  { cuts, blocks }: Pick<SubmittedJob, "cuts" | "blocks">,
  isReady: boolean,
): Stage {
  const open: Stage["open"] = new Map();
  return {
    name,
    taskCount,
    isPlanned,
    isReady,
    cursor: 0,
    open,
    round: open.entries(),
    roundsLeft: 0,
    packed: new BitSet(taskCount),
    cuts: (name === "map" && cuts) || null,
    packing: { cost: UNKNOWN_COST, largest: 1 },
    accepted: new BitSet(taskCount),
    known: [],
    judged: new Map(),
    skipped: 0,
    wants: new WantLog(),
    mixing: [],
    unconfirmed: new Map(),
    rounds: 0,
    isDry: false,
    overdue: new WantLog(),
    copiesOut: 0,
    cost: UNKNOWN_COST,
    locality: name === "map" && blocks ? openLocality(blocks, taskCount) : null,
  };
}
