/** For tests: an agent between a coordinator and pages that do what they are told. */
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { digestOf } from "../../protocol/digest";
import { JobId, type TaskId, taskIdOf, VolunteerId, type Digest } from "../../protocol/ids";
import type { Ask } from "../../protocol/messages/ask";
import type { Cancel } from "../../protocol/messages/cancel";
import type { Heartbeat } from "../../protocol/messages/heartbeat";
import type { Hello } from "../../protocol/messages/hello";
import type { InstanceNews } from "../../protocol/messages/instance";
import type { Assign } from "../../protocol/messages/assign";
import type { Receipt, Report } from "../../protocol/messages/report";
import type { Respond } from "../../protocol/messages/respond";
import type { StartInstance } from "../../protocol/messages/start-instance";
import type { StopInstance } from "../../protocol/messages/stop-instance";
import { PLAIN_JS } from "../../protocol/runtime";
import type { JobSpec, Outcome, TaskInput, Ticket } from "../../protocol/task";
import type { LoadAnswer, SlotNotice, SlotOutcome } from "../sandbox/slot-answers";
import type { SlotTask } from "../sandbox/slot-api";
import type { FromSlot } from "../sandbox/stream-messages";
import type { VolunteerStatus } from "../status";
import { openAgent } from "./agent";
import { noBlockStore } from "./block-store";
import { openCache } from "./cache";
import type { ConnectionListener } from "./connection";
import { openFakeClock, settle } from "./fake-clock";
import type { InstanceRunner } from "./instance-runner";
import { openOutbox } from "./outbox";
import { memoryOutboxStore } from "./outbox-store";
import type { PageLink } from "./pages";
import { Unreadable } from "./unreadable";

export const JOB = JobId.parse("job_0123456789abcdef");
export const OTHER_JOB = JobId.parse("job_fedcba9876543210");
export const mapTask = (index: number, jobId = JOB): TaskId => taskIdOf(jobId, "map", index);

const SOURCE = new Uint8Array(new TextEncoder().encode("export const map = () => 1"));

const specOf = (jobId: JobId): JobSpec => ({
  jobId,
  program: digestOf(SOURCE),
  runtime: PLAIN_JS,
  config: null,
  format: { type: "lines" },
  recordsPerTask: null,
  reducers: 0,
  taskTimeoutMs: 30_000,
  sendsAll: false,
});

/** What the fake coordinator heard. */
export interface Heard {
  readonly hellos: Omit<Hello, "protocolVersion">[];
  readonly reports: Report[];
  readonly heartbeats: Heartbeat[];
  readonly news: InstanceNews[];
  readonly responses: Respond[];
  goodbyes: number;
}

/** One call of `run` in a fake slot. */
export interface SlotRun {
  readonly slotId: string;
  readonly tasks: readonly SlotTask[];
  answer(outcomes?: readonly SlotOutcome[]): void;
  notice(notice: SlotNotice): void;
  /** Sends what a slot sends while it runs. */
  say(message: FromSlot): void;
}

export async function openFakeGrid() {
  const clock = openFakeClock();
  const bugs: unknown[] = [];
  const blocks = new Map<Digest, Uint8Array<ArrayBuffer>>([[digestOf(SOURCE), SOURCE]]);
  const uploads: Digest[] = [];
  let refusesUploads = false;
  let fetching = Promise.resolve();
  let isOffline = false;
  /** How long the coordinator asks to gather. */
  let paceMs = 0;
  const get = async (digest: Digest) => {
    await fetching;
    if (isOffline) throw new TypeError("Failed to fetch");
    const bytes = blocks.get(digest);
    if (!bytes) throw new Unreadable("block-not-found");
    return bytes;
  };
  const server = {
    get,
    getLarge: async (digest: Digest) => new Blob([await get(digest)]),
    put(digest: Digest) {
      if (refusesUploads) return Promise.reject(new Error("refused"));
      uploads.push(digest);
      return Promise.resolve();
    },
  };
  const heard: Heard = { hellos: [], reports: [], heartbeats: [], news: [], responses: [], goodbyes: 0 };
  let isOpen = false;
  let listener: ConnectionListener | null = null;
  /** Says what is answered to a report; by default everything is done. */
  let answerReport = (report: Report): Promise<Receipt> =>
    Promise.resolve({
      answers: report.outcomes.map(() => "done" as const),
      ...(paceMs > 0 && { paceMs }),
    });
  const told = () => {
    if (!listener) throw new Error("The agent has not connected");
    return listener;
  };

  const outbox = await openOutbox(memoryOutboxStore(), (bug) => bugs.push(bug));
  const agent = openAgent({
    outbox,
    cache: await openCache({
      ...{ store: noBlockStore, server, clock, quotaBytes: 0, memoryBytes: 1e6 },
      reportBug: (bug) => bugs.push(bug),
    }),
    server,
    clock,
    random: () => 0,
    device: UNKNOWN_DEVICE,
    readRuntimeIndex: () => Promise.resolve({}),
    connect(theListener) {
      listener = theListener;
      return {
        open: () => (isOpen = true),
        close() {
          isOpen = false;
          theListener.lost();
          theListener.changed({ state: "offline" });
        },
        report(message) {
          heard.reports.push(message);
          return answerReport(message);
        },
        heartbeat(message) {
          heard.heartbeats.push(message);
          return Promise.resolve({ dropped: [], ...(paceMs > 0 && { paceMs }) });
        },
        instance(message) {
          heard.news.push(message);
          return Promise.resolve(null);
        },
        respond(message) {
          heard.responses.push(message);
          return Promise.resolve(null);
        },
        goodbye() {
          heard.goodbyes += 1;
          return Promise.resolve();
        },
      };
    },
    reportBug: (bug) => bugs.push(bug),
    outdated: () => {},
  });

  async function assign(taskIds: readonly TaskId[], jobIds: readonly JobId[] = [JOB]): Promise<void> {
    told().assigned(assignOf(taskIds, jobIds));
    await settle();
  }

  async function assignWith(input: TaskInput, taskId: TaskId, ticket?: Ticket): Promise<void> {
    told().assigned({ jobs: [specOf(JOB)], tasks: [{ taskId, input, ...(ticket && { ticket }) }] });
    await settle();
  }

  return {
    agent,
    clock,
    bugs,
    blocks,
    uploads,
    heard,
    isOpen: () => isOpen,
    /**
     * The line is up: hello is said and answered.
     * @param early Tasks that come between the two.
     * @param meanwhile What else happens between them.
     */
    async connect(
      dropped: readonly TaskId[] = [],
      early: readonly TaskId[] = [],
      meanwhile: () => Promise<unknown> = () => Promise.resolve(),
    ) {
      heard.hellos.push(told().hello());
      if (early.length > 0) await assign(early);
      await meanwhile();
      told().changed({ state: "connected" });
      told().welcomed({
        volunteerId: VolunteerId.parse("v_0123456789abcdef"),
        dropped: [...dropped],
        paceMs,
      });
      await settle();
    },
    async disconnect() {
      told().lost();
      told().changed({ state: "connecting" });
      await settle();
    },
    assign,
    assignWith,
    async revoke(...taskIds: TaskId[]) {
      told().revoked({ taskIds });
      await settle();
    },
    async settleWith(taskId: TaskId, answer: "done" | "upload") {
      told().settled({ answers: [{ taskId, answer }] });
      await settle();
    },
    outdated: () => told().outdated(),
    async startInstance(message: StartInstance) {
      told().instanceWanted(message);
      await settle();
    },
    async stopInstance(message: StopInstance) {
      told().instanceUnwanted(message);
      await settle();
    },
    async ask(message: Ask) {
      told().asked(message);
      await settle();
    },
    async cancel(message: Cancel) {
      told().cancelled(message);
      await settle();
    },
    refuseUploads: () => (refusesUploads = true),
    /** Whatever is fetched from now on never comes. */
    stopFetches() {
      fetching = new Promise(() => {});
    },
    /** Blocks cannot be fetched. */
    setOffline: (offline: boolean) => (isOffline = offline),
    setPace: (ms: number) => (paceMs = ms),
    answerWith(answer: (report: Report) => Promise<Receipt>) {
      answerReport = answer;
    },
    /** Outcomes of all reports so far, as `type` and number of the task. */
    reported: () => heard.reports.flatMap(({ outcomes }) => outcomes.map(shown)),
    /** What was given back, by the number of the task, and why. */
    releases: () =>
      heard.reports.flatMap(({ outcomes }) =>
        outcomes.flatMap((outcome) =>
          outcome.type === "released" ? [`${shown(outcome)} ${outcome.reason}`] : [],
        ),
      ),
    wanted: () => heard.reports.map(({ want }) => want),
  };
}

export type FakeGrid = Awaited<ReturnType<typeof openFakeGrid>>;

const shown = (outcome: Outcome) => `${outcome.type} ${outcome.taskId.split("/")[2]}`;

/** A page whose slots answer when the test says so. */
export async function openFakePage({ agent }: FakeGrid, slotCount: number) {
  const runs: SlotRun[] = [];
  const started: string[] = [];
  const killed: string[] = [];
  let loadAnswer: LoadAnswer = { type: "loaded" };
  let vanish = () => {};
  let isSilent = false;
  let isThere = false;
  let startsSlowly = false;
  const slowStarts: (() => void)[] = [];
  let reloads = 0;
  let resets = 0;
  let status: VolunteerStatus | null = null;
  const instances: FakeInstance[] = [];
  const link: PageLink = {
    openInstance(instanceId) {
      const instance = openFakeInstance(instanceId);
      instances.push(instance);
      return instance.runner;
    },
    openRunner(slotId, { noticed, heard }) {
      started.push(slotId);
      return {
        start: () => new Promise((resolve) => (startsSlowly ? slowStarts.push(resolve) : resolve())),
        prepare: () => Promise.resolve(),
        load: () => Promise.resolve(loadAnswer),
        run: (tasks) =>
          new Promise((resolve) => {
            const answer = (outcomes = tasks.map(({ taskId }) => outputOf(taskId))) => resolve(outcomes);
            runs.push({ slotId, tasks, answer, notice: noticed, say: (message) => heard(message, () => {}) });
          }),
        close: () => killed.push(slotId),
      };
    },
    ping: () => (isSilent ? new Promise(() => {}) : Promise.resolve()),
    isThere: () => (isSilent && !isThere ? new Promise(() => {}) : Promise.resolve()),
    resetSandbox: () => Promise.resolve(void (resets += 1)),
    show: (newest) => Promise.resolve(void (status = newest)),
    reload: () => Promise.resolve(void (reloads += 1)),
    gone: new Promise((resolve) => (vanish = resolve)),
  };
  const control = agent.attach(link);
  await settle();
  control.setSlotCount(slotCount);
  await settle();
  return {
    control,
    runs,
    started,
    killed,
    instances,
    reloads: () => reloads,
    resets: () => resets,
    status: () => status,
    setLoadAnswer: (answer: LoadAnswer) => (loadAnswer = answer),
    /** Workers opened from now on start only with `endSlowStarts`. */
    startSlowly: () => (startsSlowly = true),
    async endSlowStarts() {
      startsSlowly = false;
      for (const resolve of slowStarts.splice(0)) resolve();
      await settle();
    },
    setSilent: (silent: boolean) => (isSilent = silent),
    /** Silent is the sandbox alone. */
    setSandboxSilent(silent: boolean) {
      isSilent = isThere = silent;
    },
    async vanish() {
      vanish();
      await settle();
    },
    /** Answers the oldest run that has not been answered. */
    async finish(outcomesOf?: readonly SlotOutcome[] | ((run: SlotRun) => readonly SlotOutcome[])) {
      const run = runs.shift();
      if (!run) throw new Error("No slot runs anything");
      run.answer(typeof outcomesOf === "function" ? outcomesOf(run) : outcomesOf);
      await settle();
    },
  };
}

export type FakePage = Awaited<ReturnType<typeof openFakePage>>;

export function outputOf(taskId: TaskId, text = "1"): SlotOutcome {
  return { type: "output", taskId, parts: [{ text, records: 1 }], elapsedMs: 1 };
}

/** Sends the bytes ahead, as the slot does. @returns The outcome that names them. */
export function largeOutputOf({ say }: SlotRun, taskId: TaskId, bytes: Uint8Array<ArrayBuffer>): SlotOutcome {
  say({ op: "keep", taskId, bytes });
  return { type: "output", taskId, parts: [{ sent: 0, records: 1, partition: 0 }], elapsedMs: 1 };
}

/** The worker of an instance, which answers when the test says so. */
export interface FakeInstance {
  readonly id: string;
  readonly runner: InstanceRunner;
  readonly asked: string[];
  readonly cancelled: string[];
  isClosed: boolean;
  /** Answers `start`. */
  loaded(answer?: LoadAnswer): Promise<void>;
  /** Answers the oldest request that has no answer. */
  answer(said?: unknown): Promise<void>;
  /** Does not answer pings any more. */
  silence(): void;
}

function openFakeInstance(id: string): FakeInstance {
  let start = (_answer: LoadAnswer) => {};
  const waiting: ((said: unknown) => void)[] = [];
  let isSilent = false;
  const asked: string[] = [];
  const cancelled: string[] = [];
  const instance: FakeInstance = {
    ...{ id, asked, cancelled, isClosed: false },
    runner: {
      start: () => new Promise((resolve) => (start = resolve)),
      handle(requestId) {
        asked.push(requestId);
        return new Promise((resolve) => waiting.push(resolve));
      },
      async cancel(requestId) {
        cancelled.push(requestId);
      },
      ping: () => (isSilent ? new Promise(() => {}) : Promise.resolve({ lines: ["a line"] })),
      close: () => (instance.isClosed = true),
    },
    async loaded(answer = { type: "loaded" }) {
      start(answer);
      await settle();
    },
    async answer(
      said = { type: "response", status: 200, headers: {}, body: new TextEncoder().encode("hi") },
    ) {
      waiting.shift()?.(said);
      await settle();
    },
    silence: () => (isSilent = true),
  };
  return instance;
}

export function assignOf(taskIds: readonly TaskId[], jobIds: readonly JobId[] = [JOB]): Assign {
  return {
    jobs: jobIds.map(specOf),
    tasks: taskIds.map((taskId) => ({
      taskId,
      input: { type: "range", start: 0, step: 1, count: 1, firstRecord: 0 },
    })),
  };
}
