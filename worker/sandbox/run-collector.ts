/**
 * What a map task has for its reducers: one run for each, sorted by key, with the values of a key combined if the program says how.
 *
 * It holds so much and no more: then what it holds is combined, and if that does not help, written as a spill. When depends on what was
 * emitted alone, so that copies of a task give the same bytes.
 */
import { LIMITS } from "../../protocol/limits";
import { CanonicalText, snapshotOf } from "../../protocol/runs/column";
import { openRunWriter, type RunWriter } from "../../protocol/runs/run-block";
import { checkKeyed, checkPair, COMBINE_AT, type Collector, type Combine } from "./collect";
import { addSorted, combineEach } from "./combine-runs";
import { addTo, countOf, openGroups, valuesOf, type Group, type HeldGroup } from "./groups";
import { openMapSpills, tooLarge } from "./map-spills";
import type { Merge } from "./merge";
import { copyInto, whileThereIsRoom, type Spilling } from "./merge-passes";
import type { Parts } from "./parts";
import type { PartitionOf } from "./partition";
import type { SlotPart } from "./slot-answers";
import { isThenable } from "./thenable";
import { weightOfKey, weightOfValue } from "./weight";

export interface RunCollectorParts {
  readonly parts: Parts;
  readonly stream: Spilling;
  readonly reducers: number;
  readonly partitionOf: PartitionOf;
  readonly combine: Combine | null;
  /** Combines what was spilt, in a runtime that has combined what it emitted: emits here, in the order of keys. */
  readonly combineRuns?: ((merge: Merge) => void | Promise<void>) | null;
  /** What is held before it is spilt, as weight.ts counts. */
  readonly spillWeight?: number;
}

export function openRunCollector({
  parts,
  stream,
  reducers,
  partitionOf,
  combine,
  combineRuns = null,
  spillWeight = LIMITS.mapSpillBytes,
}: RunCollectorParts): Collector {
  const groups = openGroups();
  const spills = openMapSpills(stream, reducers);
  let held = 0;
  let combinesLater = false;
  /** Where pairs go that come in the order of keys. */
  let sorted: RunWriter | null = null;

  return {
    emit(key, value) {
      if (sorted) return addSorted(sorted, key, value);
      if (combine) gather(groupFor(key), value, combine);
      else keep(groupFor(key), value);
      if (held > spillWeight) makeRoom();
    },
    async finish() {
      const done: SlotPart[][] = Array.from({ length: reducers }, () => []);
      const writers = done.map((own, partition) =>
        openRunWriter((block) => own.push(parts.run(block, partition))),
      );
      if (spills.count === 0) await writeHeld(writers);
      else {
        spill();
        for (const [partition, writer] of writers.entries()) await writeSpilt(writer, partition);
      }
      const all = done.flat();
      if (all.length > LIMITS.outputParts) throw tooLarge();
      return all;
    },
  };

  function groupFor(key: unknown): HeldGroup {
    const group = groups.groupOf(key);
    // A new one.
    if (countOf(group) === 0) held += weightOfKey(group.keyText ?? group.key);
    return group;
  }

  /** An emitted object must not change with the program's own. */
  function keep(group: HeldGroup, value: unknown): void {
    const snapshot = snapshotOf(value);
    checkKeyed(group.keyText ?? group.key, snapshot);
    group.values.push(snapshot);
    held += weightOfValue(snapshot);
  }

  /** Combines now and then, so that a frequent key takes no more room than others; less often, the more it is combined to. */
  function gather(group: HeldGroup, value: unknown, combine: Combine): void {
    const weight = weightOfValue(value);
    addTo(group, value);
    group.weight += weight;
    held += weight;
    if (countOf(group) >= COMBINE_AT && group.weight >= 2 * group.combinedWeight) combineNow(group, combine);
  }

  function combineNow(group: HeldGroup, combine: Combine): void {
    if (combinesLater) return;
    const combined = combine(group.key, valuesOf(group).slice());
    // Those that wait for something are called at the end: a task cannot stop in the middle of an emit.
    if (isThenable(combined)) {
      combinesLater = true;
      Promise.resolve(combined).catch(() => {});
      return;
    }
    const weight = weightOfValue(combined);
    held += weight - group.weight;
    group.values = [combined];
    group.repeats = 0;
    group.weight = group.combinedWeight = weight;
  }

  function makeRoom(): void {
    if (combine) {
      for (const group of groups.sorted()) if (countOf(group) > 1) combineNow(group, combine);
      // What is left of many values may soon be combined again.
      if (held <= spillWeight / 2) return;
    }
    spill();
  }

  function spill(): void {
    const writers = spills.open();
    for (const group of groups.sorted()) {
      const values = combine ? valuesOf(group).map(snapshotOf) : group.values;
      for (const value of values) checkPair(value);
      writers[partitionOf(group)]?.add(keyOf(group), values);
    }
    for (const writer of writers) writer.finish();
    groups.clear();
    held = 0;
  }

  async function writeHeld(writers: readonly RunWriter[]): Promise<void> {
    for (const group of groups.sorted()) {
      const writer = writers[partitionOf(group)];
      if (combine) await addCombined(writer, group, combine);
      else writer?.add(keyOf(group), group.values);
      // What is written need not be held twice.
      group.values = [];
      const full = stream.room();
      if (full) await full;
    }
    for (const writer of writers) writer.finish();
  }

  async function writeSpilt(writer: RunWriter, partition: number): Promise<void> {
    if (combine || combineRuns) {
      const merge = whileThereIsRoom(await spills.merged(partition, "values"), stream);
      sorted = writer;
      if (combine) await combineEach(combine, merge, (key, value) => addSorted(writer, key, value));
      else await combineRuns?.(merge);
    } else await copyInto(writer, await spills.merged(partition, "snapshots"), stream);
    writer.finish();
  }
}

async function addCombined(writer: RunWriter | undefined, group: HeldGroup, combine: Combine): Promise<void> {
  const combined = combine(group.key, valuesOf(group));
  const snapshot = snapshotOf(isThenable(combined) ? await combined : combined);
  checkPair(snapshot);
  writer?.add(keyOf(group), [snapshot]);
}

const keyOf = ({ key, keyText }: Group) => (keyText === null ? key : new CanonicalText(keyText));
