/** The bar of a job on standard error: only for people, so not into files and pipes. */
import { Presets, SingleBar } from "cli-progress";
import type { JobView } from "../protocol/views";
import type { CommonOptions, Terminal } from "./terminal";

export interface Progress {
  show(job: JobView): void;
  /** A line for people. */
  note(text: string): void;
  /** Writes something else to standard error without tearing the bar. */
  around(write: () => void): void;
  close(): void;
}

export function openProgress({ stderr }: Terminal, { quiet = false, json = false }: CommonOptions): Progress {
  if (quiet || json) return SILENT;
  return stderr.isTTY ? openBar(stderr) : openNotes(stderr);
}

const SILENT: Progress = { show() {}, note() {}, around: (write) => write(), close() {} };

function openBar(stream: Terminal["stderr"]): Progress {
  const bar = new SingleBar(
    {
      stream,
      format: "{state} {bar} {percentage} % | {accepted}/{tasks} tasks{within}{rate}{why}",
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 1,
    },
    Presets.shades_classic,
  );
  let isOpen = false;
  return {
    show(job) {
      const { accepted, tasks } = countsOf(job);
      const payload = {
        state: job.state,
        accepted,
        tasks,
        within: withinOf(job),
        rate: rateOf(job),
        why: whyOf(job),
      };
      if (isOpen) bar.update(accepted, payload);
      else bar.start(Math.max(1, tasks), accepted, payload);
      isOpen = true;
    },
    note: (text) => void stream.write(`\r\x1b[K${text}\n`),
    around(write) {
      stream.write("\r\x1b[K");
      write();
    },
    close() {
      if (isOpen) bar.stop();
      isOpen = false;
    },
  };
}

export interface TaskBar extends Pick<Progress, "around" | "close"> {
  /** Another task has ended. */
  step(): void;
}

/** The bar of a run without a grid. */
export function openTaskBar(
  { stderr }: Terminal,
  { quiet = false, json = false }: CommonOptions,
  taskCount: number,
): TaskBar {
  if (quiet || json || !stderr.isTTY) return { step() {}, around: (write) => write(), close() {} };
  const format = "{bar} {percentage} % | {value}/{total} tasks";
  const bar = new SingleBar(
    { stream: stderr, format, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(taskCount, 0);
  return {
    step: () => bar.increment(),
    around(write) {
      stderr.write("\r\x1b[K");
      write();
    },
    close: () => bar.stop(),
  };
}

export interface UploadBar {
  show(this: void, sentBytes: number, bytes: number | null): void;
  close(): void;
}

const MIB = 2 ** 20;

/** The bar of an upload; of one whose length is not known, how much has been sent. */
export function openUploadBar(
  { stderr }: Terminal,
  { quiet = false, json = false }: CommonOptions,
): UploadBar {
  if (quiet || json || !stderr.isTTY) return { show() {}, close() {} };
  const format = "{bar} {percentage} % | {sent} MiB";
  const bar = new SingleBar(
    { stream: stderr, format, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  let isOpen = false;
  return {
    show(sentBytes, bytes) {
      const sent = (sentBytes / MIB).toFixed(1);
      if (!isOpen) bar.start(bytes ?? 2 * sentBytes, 0, { sent });
      isOpen = true;
      if (bytes === null) bar.setTotal(2 * sentBytes);
      bar.update(sentBytes, { sent });
    },
    close() {
      if (isOpen) bar.stop();
      isOpen = false;
    },
  };
}

/** Without a terminal: a line when the job's state, or what it waits for, changes. */
function openNotes(stream: Terminal["stderr"]): Progress {
  let last = "";
  return {
    ...SILENT,
    note: (text) => void stream.write(`${text}\n`),
    show(job) {
      const line = `${job.id}  ${job.state}${whyOf(job)}`;
      if (line === last) return;
      last = line;
      stream.write(`${line}\n`);
    },
  };
}

function countsOf({ stages }: JobView): { accepted: number; tasks: number } {
  return {
    accepted: stages.reduce((sum, stage) => sum + stage.accepted, 0),
    tasks: stages.reduce((sum, stage) => sum + stage.tasks, 0),
  };
}

function rateOf({ tasksPerSecond, etaMs }: JobView): string {
  if (tasksPerSecond === 0) return "";
  const left = etaMs === null ? "" : `, ${duration(etaMs)} left`;
  return ` | ${tasksPerSecond.toFixed(tasksPerSecond < 10 ? 1 : 0)}/s${left}`;
}

/** How far running tasks are, when their programs say so. */
function withinOf({ taskProgress }: JobView): string {
  if (taskProgress.length === 0) return "";
  const percents = taskProgress.map(({ progress }) => Math.floor(progress * 100));
  const [least, most] = [Math.min(...percents), Math.max(...percents)];
  return `, running ones at ${least === most ? most : `${least} to ${most}`} %`;
}

const whyOf = ({ waiting }: JobView) => (waiting ? ` | ${waiting.message}` : "");

/** In the largest two units: 1 h 5 min. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
