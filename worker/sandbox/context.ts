/** The `context` that a program's functions are given: one for each task, so that no task sees another's. */
import type { TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { cap } from "./errors";
import { seededRandom } from "./random";

export interface Context {
  /** The job's configuration; deeply frozen, because all tasks of the slot share it. */
  readonly config: unknown;
  /**
   * Adds to the task's output. A program may await it: that goes on when there is room for more. Those that do not are stopped between
   * records.
   */
  emit(key: unknown, value: unknown): void;
  /** @param fraction Of this task, 0 to 1; anything else is brought into that range. */
  progress(fraction: number): void;
  /** Shown to the submitter. Lines beyond LIMITS.logLines, and characters beyond LIMITS.logLineChars, are cut. */
  log(...values: unknown[]): void;
  /** Aborted when the task has ended. */
  readonly signal: AbortSignal;
  /** From 0 up to 1; the same sequence in every copy of the task. */
  random(): number;
}

export interface OpenContext {
  readonly context: Context;
  readonly logs: string[];
  /** The next task of a pack begins: its chance is its own. */
  begin(taskId: TaskId): void;
  /** After this, emitting throws. */
  close(): void;
}

export interface ContextParts {
  readonly taskId: TaskId;
  readonly config: unknown;
  /** @returns What a program may await, or undefined. */
  emit(key: unknown, value: unknown): unknown;
  progress(fraction: number): void;
}

export function openContext({ taskId: firstId, config, emit, progress }: ContextParts): OpenContext {
  let taskId = firstId;
  const logs: string[] = [];
  const ended = new AbortController();
  // Asking the signal is a call into the browser: too dear for each pair that is emitted.
  let hasEnded = false;
  let random: (() => number) | null = null;

  const context: Context = {
    config,
    emit(key, value) {
      if (hasEnded) throw new Error("emit was called after its task had ended");
      return emit(key, value);
    },
    progress: (fraction) => progress(Math.min(1, Math.max(0, Number(fraction) || 0))),
    log(...values) {
      if (logs.length < LIMITS.logLines) logs.push(lineOf(values));
    },
    signal: ended.signal,
    random() {
      random ??= seededRandom(taskId);
      return random();
    },
  };
  return {
    context,
    logs,
    begin,
    close() {
      hasEnded = true;
      ended.abort();
    },
  };

  function begin(next: TaskId): void {
    taskId = next;
    random = null;
  }
}

/** One line of a task's log. */
export function lineOf(values: readonly unknown[]): string {
  return cap(values.map(shown).join(" "), LIMITS.logLineChars);
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  // As JSON it would be {}.
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
