/**
 * Takes what a task emits and makes its output. Here it is text, a line of JSON for each pair, in the order of emission; what a map
 * task has for reducers is in run-collector.ts.
 */
import { canonicalJson } from "../../protocol/canonical";
import { LIMITS } from "../../protocol/limits";
import { CanonicalText, sizeOf } from "../../protocol/runs/column";
import type { Parts } from "./parts";
import type { SlotPart } from "./slot-answers";

export interface Collector {
  /** @throws {TypeError} If the key or the value has no canonical text. */
  emit(key: unknown, value: unknown): void;
  finish(): Promise<SlotPart[]>;
}

/** May answer with a promise, which is awaited. */
export type Combine = (key: unknown, values: unknown[]) => unknown;

/** Values of a key that are gathered before they are combined. */
export const COMBINE_AT = 512;

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

/** A combined value travels in one block: one that is larger could not be handed over. @throws {RangeError} */
export function checkPair(snapshot: unknown): void {
  checkSize(sizeOf(snapshot), () => utf8BytesIn(snapshot));
}

/** @param key As it is counted. @throws {RangeError} */
export function checkKeyed(key: unknown, snapshot: unknown): void {
  checkSize(sizeOf(snapshot) + sizeOf(key), () => utf8BytesIn(snapshot) + utf8BytesIn(key));
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
