/**
 * Takes what a map task emits and makes its output: one run of JSON lines for each reducer, sorted by key, with
 * the values of a key combined if the program says how. Without reducers it is one text in the order of emission.
 */
import { canonicalJson } from "../../protocol/canonical";
import { openGroups } from "./groups";
import { partitionOf } from "./partition";
import { isThenable } from "./thenable";

export interface PartText {
  readonly text: string;
  readonly records: number;
}

export interface Collector {
  /** @throws {TypeError} If the key or the value has no JSON form. */
  emit(key: unknown, value: unknown): void;
  finish(): Promise<PartText[]>;
}

/** May answer with a promise, which is awaited. */
export type Combine = (key: unknown, values: unknown[]) => unknown;

/** @param partitionText What of a key says which reducer gets it; by default its canonical JSON. */
export function openCollector(
  reducers: number,
  combine: Combine | null,
  partitionText?: (key: unknown) => string,
): Collector {
  return reducers === 0 ? openListCollector() : openRunCollector(reducers, combine, partitionText);
}

/** One part, in the order of emission. Reducers use it as well: their keys come sorted. */
export function openListCollector(): Collector {
  const lines: string[] = [];
  return {
    emit: (key, value) => void lines.push(lineOf(canonicalJson(key), value)),
    finish: () => Promise.resolve([textOf(lines)]),
  };
}

function openRunCollector(
  reducers: number,
  combine: Combine | null,
  partitionText?: (key: unknown) => string,
): Collector {
  const groups = openGroups();
  return {
    emit(key, value) {
      // An emitted object must not change with the program's own; and without a combiner only its text is needed.
      groups.add(key, combine ? value : canonicalJson(value));
    },
    async finish() {
      const runs: string[][] = Array.from({ length: reducers }, () => []);
      for (const { key, keyText, values } of groups.sorted()) {
        const run = runs[partitionOf(partitionText?.(key) ?? keyText, reducers)];
        if (combine) {
          const combined = combine(key, values);
          run?.push(lineOf(keyText, isThenable(combined) ? await combined : combined));
        } else {
          for (const valueText of values) run?.push(`{"key":${keyText},"value":${String(valueText)}}\n`);
        }
      }
      return runs.map(textOf);
    },
  };
}

const lineOf = (keyText: string, value: unknown) => `{"key":${keyText},"value":${canonicalJson(value)}}\n`;

const textOf = (lines: readonly string[]): PartText => ({ text: lines.join(""), records: lines.length });
