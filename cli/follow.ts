/** Stays with a job until its end: a bar and notes on standard error, its result on standard output. */
import type { JobView } from "../protocol/views";
import { JobFailedError } from "../sdk/errors";
import type { JobEvent } from "../sdk/event-stream";
import type { JobHandle, Pair } from "../sdk/job-handle";
import { openProgress, type Progress } from "./progress";
import { write, writeLine, type CommonOptions, type Terminal } from "./terminal";
import type { ResultFormat } from "./commands/submit";

export interface FollowOptions extends CommonOptions {
  readonly logs?: boolean;
}

/**
 * Does `work` while the job's progress is shown. When it fails or Ctrl+C comes, the job is cancelled.
 *
 * @throws What `work` throws, or the signal's reason.
 */
export async function followJob(
  job: JobHandle,
  terminal: Terminal,
  options: FollowOptions,
  work: () => Promise<void>,
): Promise<void> {
  const watching = new AbortController();
  const signal = AbortSignal.any([terminal.signal, watching.signal]);
  const progress = openProgress(terminal, options);
  const shown = showEvents(job.events({ signal }), terminal, options, progress).catch((error: unknown) => {
    // The result tells of what matters; without its events a job goes on as well.
    if (!signal.aborted) progress.note(`events are not shown: ${String(error)}`);
  });
  try {
    await work();
    await shown;
  } catch (error) {
    if (terminal.signal.aborted) await cancelled(job, terminal);
    // What its tasks logged before is often the reason.
    else if (error instanceof JobFailedError) await shown;
    throw error;
  } finally {
    watching.abort();
    progress.close();
  }
}

const CANCEL_MS = 5_000;

async function cancelled(job: JobHandle, { stderr }: Terminal): Promise<void> {
  try {
    await job.cancel({ signal: AbortSignal.timeout(CANCEL_MS) });
    await writeLine(stderr, `${job.id} was cancelled`);
  } catch (error) {
    await writeLine(stderr, `${job.id} could not be cancelled: ${String(error)}`);
  }
}

async function showEvents(
  events: AsyncIterable<JobEvent>,
  { stderr }: Terminal,
  { logs = false, json = false }: FollowOptions,
  progress: Progress,
): Promise<void> {
  for await (const event of events) {
    if (event.type === "job") progress.show(event.job);
    else if (logs) progress.around(() => void stderr.write(logLine(event.log, json)));
  }
}

export function logLine(log: { taskId: string; volunteerId: string; line: string }, json: boolean): string {
  if (json) return `${JSON.stringify(log)}\n`;
  return `${shortTask(log.taskId)}  ${log.line}\n`;
}

/** Its stage and number, where the job is known. */
export const shortTask = (taskId: string) => taskId.replace(/^job_\w+\//, "");

export interface PrintOptions {
  readonly format: ResultFormat;
}

/** Prints records as they come in, in order. */
export function printResult(job: JobHandle, terminal: Terminal, options: PrintOptions): Promise<void> {
  return printLines(job.resultLines({ signal: terminal.signal }), terminal, options);
}

/** @param lines Of JSON, one a record. */
export async function printLines(
  lines: AsyncIterable<string>,
  { stdout }: Terminal,
  { format }: PrintOptions,
): Promise<void> {
  let count = 0;
  for await (const line of lines) {
    await write(stdout, printed(line, format, count));
    count += 1;
  }
  if (format === "json") await write(stdout, count === 0 ? "[]\n" : "\n]\n");
}

function printed(line: string, format: ResultFormat, before: number): string {
  switch (format) {
    case "ndjson":
      return `${line}\n`;
    case "json":
      return `${before === 0 ? "[\n" : ",\n"}${line}`;
    case "values":
      return `${plain((JSON.parse(line) as Pair).value)}\n`;
    case "tsv": {
      const { key, value } = JSON.parse(line) as Pair;
      return value === null ? `${plain(key)}\n` : `${plain(key)}\t${plain(value)}\n`;
    }
  }
}

/** Text as it is, anything else as JSON. */
export const plain = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** A job's state in one line. */
export function oneLine({ id, state, progress, name, waiting }: JobView): string {
  const percent = `${(progress * 100).toFixed(0)} %`.padStart(5);
  const why = waiting ? `  (${waiting.message})` : "";
  return `${id}  ${state.padEnd(9)}  ${percent}  ${name}${why}`;
}
