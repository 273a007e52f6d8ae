/**
 * Takes what a map task emits and makes its output: one run for each reducer, sorted by key, with the values of a key
 * combined if the program says how. Without reducers it is text, a line of JSON for each pair, in the order of emission.
 */
import { canonicalJson } from "../../protocol/canonical";
import { LIMITS } from "../../protocol/limits";
import { CanonicalText, sizeOf, snapshotOf } from "../../protocol/runs/column";
import { openRunWriter, type RunWriter } from "../../protocol/runs/run-block";
import { openGroups, type Group } from "./groups";
import type { Parts } from "./parts";
import type { PartitionOf } from "./partition";
import type { SlotPart } from "./slot-answers";
import { isThenable } from "./thenable";

export interface Collector {
  /** @throws {TypeError} If the key or the value has no canonical text. */
  emit(key: unknown, value: unknown): void;
  finish(): Promise<SlotPart[]>;
}

/** May answer with a promise, which is awaited. */
export type Combine = (key: unknown, values: unknown[]) => unknown;

/** Text of an output is cut into parts of about so many characters. */
const PART_CHARS = 1024 * 1024;

/** Everything in the order of emission. Reducers use it as well: their keys come sorted. */
export function openListCollector(parts: Parts): Collector {
  const done: SlotPart[] = [];
  let lines: string[] = [];
  let chars = 0;

  return {
    emit(key, value) {
      const line = `{"key":${canonicalJson(key)},"value":${canonicalJson(value)}}\n`;
      checkSize(line.length, () => utf8BytesOf(line));
      lines.push(line);
      chars += line.length;
      if (chars >= PART_CHARS) close();
    },
    finish() {
      if (lines.length > 0 || done.length === 0) close();
      return Promise.resolve(done);
    },
  };

  function close(): void {
    if (done.length === LIMITS.outputParts) throw tooManyParts();
    done.push(parts.text(lines.join(""), lines.length));
    lines = [];
    chars = 0;
  }
}

/** Values of a key that are gathered before they are combined. */
export const COMBINE_AT = 512;

export function openRunCollector(
  parts: Parts,
  reducers: number,
  partitionOf: PartitionOf,
  combine: Combine | null,
): Collector {
  const groups = openGroups();
  let heldBytes = 0;
  let combinesLater = false;

  return {
    emit: combine ? (key, value) => gather(groups.groupOf(key), value, combine) : keep,
    async finish() {
      const done: SlotPart[][] = Array.from({ length: reducers }, () => []);
      const writers = done.map((own, partition) =>
        openRunWriter((block) => own.push(parts.run(block, partition))),
      );
      for (const group of groups.sorted()) {
        const writer = writers[partitionOf(group)];
        if (combine) await addCombined(writer, group, combine);
        else writer?.add(keyOf(group), group.values);
        // What is written need not be held twice.
        group.values = [];
      }
      for (const writer of writers) writer.finish();
      return done.flat();
    },
  };

  /** An emitted object must not change with the program's own. */
  function keep(key: unknown, value: unknown): void {
    const snapshot = snapshotOf(value);
    const chars = sizeOf(snapshot) + sizeOf(key);
    checkSize(chars, () => utf8BytesIn(snapshot) + utf8BytesIn(key));
    groups.groupOf(key).values.push(snapshot);
    heldBytes += chars;
    if (heldBytes > LIMITS.mapOutputBytes) throw tooLarge();
  }

  /** Combines now and then, so that a frequent key takes no more room than others. */
  function gather(group: Group, value: unknown, combine: Combine): void {
    if (group.values.push(value) >= COMBINE_AT && !combinesLater) combineNow(group, combine);
  }

  function combineNow(group: Group, combine: Combine): void {
    const combined = combine(group.key, group.values.slice());
    // Those that wait for something are called once, at the end: a task cannot stop in the middle of an emit.
    if (isThenable(combined)) {
      combinesLater = true;
      Promise.resolve(combined).catch(() => {});
    } else group.values = [combined];
  }
}

async function addCombined(writer: RunWriter | undefined, group: Group, combine: Combine): Promise<void> {
  const combined = combine(group.key, group.values);
  const snapshot = snapshotOf(isThenable(combined) ? await combined : combined);
  checkPair(snapshot);
  writer?.add(keyOf(group), [snapshot]);
}

const keyOf = ({ key, keyText }: Group) => (keyText === null ? key : new CanonicalText(keyText));

/** A combined value travels in one block: one that is larger could not be handed over. @throws {RangeError} */
export function checkPair(snapshot: unknown): void {
  checkSize(sizeOf(snapshot), () => utf8BytesIn(snapshot));
}

/** @param bytesOf Counts; few pairs are that large. */
function checkSize(chars: number, bytesOf: () => number): void {
  if (chars * 3 <= LIMITS.pairBytes) return;
  const bytes = bytesOf();
  if (bytes <= LIMITS.pairBytes) return;
  throw new RangeError(
    `One key and its value may have ${LIMITS.pairBytes} bytes (pairBytes); got ${bytes}. Emit it in smaller pieces`,
  );
}

const utf8BytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

function utf8BytesIn(snapshot: unknown): number {
  if (typeof snapshot === "string") return utf8BytesOf(snapshot);
  return snapshot instanceof CanonicalText ? utf8BytesOf(snapshot.text) : sizeOf(snapshot);
}

function tooManyParts(): RangeError {
  const most = LIMITS.outputParts * PART_CHARS;
  return new RangeError(
    `One output may have ${most} characters (outputParts); use smaller chunks or more reducers`,
  );
}

function tooLarge(): RangeError {
  return new RangeError(
    `One map task may emit ${LIMITS.mapOutputBytes} bytes (mapOutputBytes). Use smaller chunks, or export combine`,
  );
}
