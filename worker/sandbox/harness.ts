/**
 * Entry of a slot's worker. Runs inside the sandboxed iframe, without a network, for one job.
 *
 *   agent ◀── port ──▶ harness ── import ──▶ the program's module, or the runtime that runs it
 *
 * Bundled to one text without zod: it is part of the URL of every slot's worker.
 */
import { answerOn, moving } from "../comlink";
import { configOf, useClasses } from "./config-of";
import { captureConsole } from "./console";
import { cap, describeThrown } from "./errors";
import { freezeConfig } from "./frozen";
import { withBytes, type Arrival } from "./lent-blocks";
import { lockDown } from "./lock-down";
import { openNotices } from "./notices";
import { openBlockReader, type ReadRows } from "./records";
import { runTask, type LoadedJob } from "./run-task";
import { openStreams } from "./stream";
import type { BundleEnd } from "./stream-messages";
import type { LoadAnswer, SlotOutcome } from "./slot-answers";
import { importModule } from "./runtimes/import-module";
import { openPlain, openPlainService } from "./runtimes/plain";
import type { LoadProgram, ReaderModule, RuntimeModule } from "./runtimes/runtime-module";
import { openService, type OpenService } from "./serve";
import type { RuntimeFiles, SlotApi, SlotJob, SlotService, SlotTask } from "./slot-api";
import { LIMITS } from "../../protocol/limits";
import { PARQUET_READER, runtimeFilesOf } from "../../protocol/runtime-files";
import type { Runtime } from "../../protocol/runtime";

const NOTICE_EVERY_MS = 25;

const now = () => performance.now();
// Programs may put others in their place.
const { setTimeout: startTimer, clearTimeout: stopTimer } = self;

let openRuntime: LoadProgram = openPlain;
let readRows: ReadRows | undefined;
let job: LoadedJob | null = null;
let noticePort: MessagePort | null = null;
let openStream: ReturnType<typeof openStreams> | null = null;
let endStream = () => {};
const notices = openNotices({
  ...{ everyMs: NOTICE_EVERY_MS, now, tell: (notice) => noticePort?.postMessage(notice) },
  after(delayMs, act) {
    const timer = startTimer(act, delayMs);
    return () => stopTimer(timer);
  },
});
let lastRun: Promise<unknown> = Promise.resolve();
/** Log lines of the running task. */
let currentLogs: string[] = [];

let service: OpenService | null = null;

const api: SlotApi = {
  ready: () => Promise.resolve(),
  prepare,
  load,
  run,
  startService,
  async handle(requestId, request) {
    if (!service) throw new Error("handle was called before startService");
    const answer = await service.handle(requestId, request);
    return answer.type === "response" && answer.body.buffer instanceof ArrayBuffer
      ? moving(answer, [answer.body.buffer])
      : answer;
  },
  cancel: async (requestId) => service?.cancel(requestId),
  ping: async () => service?.ping() ?? { lines: [] },
};

self.onmessage = (event: MessageEvent<unknown>) => {
  const [port] = event.ports;
  if (!port) return;
  self.onmessage = null;
  lockDown(self);
  captureConsole(console, () => currentLogs);
  answerOn(port, api);
};

// What a program throws from a timer or a promise that nobody awaits does not end its task; it is logged there.
self.addEventListener("error", (event) => noteStray(event, event.error ?? event.message));
self.addEventListener("unhandledrejection", (event) => noteStray(event, event.reason));

function noteStray(event: Event, thrown: unknown): void {
  event.preventDefault();
  if (currentLogs.length >= LIMITS.logLines) return;
  currentLogs.push(cap(`not caught: ${describeThrown(thrown).message}`, LIMITS.logLineChars));
}

/** Opens the runtime that the files bring; without one, the program is one that the harness runs itself. */
async function prepare(runtime: Runtime, files: RuntimeFiles): Promise<void> {
  const reader = files[PARQUET_READER];
  if (reader) readRows = (await importModule<ReaderModule>(reader)).rows;
  const [opener] = runtimeFilesOf(runtime);
  if (opener === undefined) return;
  const bytes = files[opener];
  if (!bytes) throw new Error(`The files of the runtime ${runtime.name} did not come along`);
  const { open } = await importModule<RuntimeModule>(bytes);
  openRuntime = await open(files);
}

async function load({ spec, program: bytes, notices, stream }: SlotJob): Promise<LoadAnswer> {
  noticePort = notices;
  openStream = openStreams(stream);
  endStream = () => stream.postMessage({ op: "end" } satisfies BundleEnd);
  try {
    const program = await openRuntime(bytes, spec.runtime);
    useClasses(program.classes);
    const config = freezeConfig(configOf(spec.config));
    const source = spec.source && { source: openBlockReader(spec.source, readRows) };
    job = { spec, config, program, blocks: openBlockReader(spec.format, readRows), ...source };
    return { type: "loaded" };
  } catch (error) {
    return { type: "unloadable", ...describeThrown(error) };
  }
}

/** In place of a job: what is written goes to the log of the service from now on. */
async function startService(started: SlotService, files: RuntimeFiles): Promise<LoadAnswer> {
  const { runtime, program } = started;
  const opened = openService(started);
  service = opened;
  currentLogs = opened.logs;
  return opened.start(async () => {
    const [opener] = runtimeFilesOf(runtime);
    if (opener === undefined) return openPlainService(program, runtime);
    const { openService: open } = await importModule<RuntimeModule>(files[opener] ?? new Uint8Array(0));
    if (!open) throw new TypeError(`A service cannot be written in ${runtime.name}`);
    return (await open(files))(program, runtime);
  });
}

/** One bundle after the other. The answer of the one before is posted first, which it would not be in a microtask. */
function run(tasks: readonly SlotTask[]): Promise<SlotOutcome[]> {
  const arrivals = withBytes(tasks);
  const outcomes = lastRun.then(nextTurn).then(() => runAll(arrivals));
  lastRun = outcomes.catch(() => {});
  return outcomes;
}

const turns = new MessageChannel();

/** A turn of the event loop, without the milliseconds that a timer takes. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    turns.port1.onmessage = () => resolve();
    turns.port2.postMessage(null);
  });
}

async function runAll(arrivals: AsyncIterable<Arrival>): Promise<SlotOutcome[]> {
  if (!job || !openStream) throw new Error("run was called before load");
  const outcomes: SlotOutcome[] = [];
  for await (const { taskId, task } of arrivals) {
    const index = outcomes.length;
    notices.note({ taskId, index, progress: 0 });
    const hooks = {
      now,
      progress: (progress: number) => notices.note({ taskId, index, progress }),
      started: (logs: string[]) => (currentLogs = logs),
      stream: openStream(taskId),
    };
    outcomes.push(task ? await runTask(job, task, hooks) : { type: "spoilt", taskId });
  }
  notices.end();
  endStream();
  return moving(outcomes, outcomes.flatMap(buffersOf));
}

function buffersOf(outcome: SlotOutcome): ArrayBuffer[] {
  if (outcome.type !== "output") return [];
  return outcome.parts.flatMap((part) =>
    "run" in part && part.run.buffer instanceof ArrayBuffer ? [part.run.buffer] : [],
  );
}
