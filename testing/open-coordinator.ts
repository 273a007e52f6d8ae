/** The coordinator as `main` wires it, but for web, sockets and clock: on a test's store, with what it tells tabs written down. */
import { UNKNOWN_DEVICE } from "../protocol/device";
import type { EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { Answer } from "../protocol/messages/report";
import type { Outcome, Ticket } from "../protocol/task";
import { openAccounts } from "../server/accounts";
import { openCoordinator } from "../server/coordinator";
import { openFeed } from "../server/feed";
import { openJobOutputs } from "../server/job-output";
import { openGridService } from "../server/grid-service";
import { openJobViewer } from "../server/job-viewer";
import { restoreJobs } from "../server/restore";
import { openRoster } from "../server/roster";
import { openRunningServices } from "../server/services/running-services";
import { openServiceControl } from "../server/services/service-control";
import { openGivenCopies } from "../server/given-copies";
import { openLedger } from "../server/store/ledger";
import { openTaskProgress } from "../server/task-progress";
import { openTickets } from "../server/tickets";
import { openVolunteerReports } from "../server/volunteer-reports";
import { AT, volunteerId } from "./facts";
import type { TestStore } from "./open-store";

export type Said =
  | { type: "assign"; volunteerId: VolunteerId; taskIds: TaskId[] }
  | { type: "revoke"; volunteerId: VolunteerId; taskIds: TaskId[] }
  | { type: "settle"; volunteerId: VolunteerId; taskId: TaskId; answer: Answer };

/** @param commitBytes The facts of an event that has more go to the disk in several commits: with 1, each in its own. */
export async function openTestCoordinator(store: TestStore, { commitBytes = 2 ** 23 } = {}) {
  const { database, blocks, runs, datasets, datasetBlocks, fetchInput } = store;
  let time = AT;
  let steadyTime = 0;
  const now = () => time;
  const said: Said[] = [];
  const ledger = openLedger(database, {
    retryMs: { first: 5, most: 5 },
    rest: { times: 0, mostMs: 0 },
    commitBytes,
    waitingBytes: 2 ** 26,
  });
  const tickets = openTickets("a secret of this grid");
  const ticketsOf = new Map<string, Ticket | undefined>();
  const roster = openRoster(
    database,
    (id) => coordinator.grid.volunteers.has(id),
    () => ledger.record([], []),
  );
  const coordinator = openCoordinator({
    database,
    ledger,
    areas: { blocks, runs },
    isStored: async (digest) =>
      (await blocks.has(digest)) || (await runs.all.has(digest)) || datasetBlocks.has(digest),
    now,
    steadyNow: () => steadyTime,
    tickets,
    seed: 1,
    policy: { ...LIMITS, leastPaceMs: 0, submitterWeights: new Map() },
    onEffect(effect) {
      roster.note(effect);
      feed.note(effect);
      grid.note(effect);
      outputs.note(effect);
    },
  });
  coordinator.volunteers = {
    assign(id, _spec, tasks) {
      said.push({ type: "assign", volunteerId: id, taskIds: tasks.map(({ taskId }) => taskId) });
      for (const { taskId, ticket } of tasks) ticketsOf.set(`${id} ${taskId}`, ticket);
    },
    revoke: (id, taskIds) => void said.push({ type: "revoke", volunteerId: id, taskIds: [...taskIds] }),
    settle: (id, taskId, answer) => void said.push({ type: "settle", volunteerId: id, taskId, answer }),
    withAnswer: (_, act) => act(),
  };
  const outputs = openJobOutputs({ database, blocks, now, committed: () => ledger.record([], []) });
  const running = openRunningServices({
    now,
    policy: { onePerAddress: true, startMs: 60_000 },
    findData: () => Promise.resolve(null),
  });
  const services = openServiceControl({ database, services: running, now });
  const progress = openTaskProgress(() => coordinator.grid);
  const viewer = openJobViewer({ coordinator, database, ledger, progress, now });
  const feed = openFeed({
    viewJob: viewer.view,
    activeJobs: () => coordinator.grid.jobs.keys(),
    status: () => grid.status(),
    volunteers: () => roster.list(coordinator.grid),
  });
  const accounts = openAccounts({ database, ledger, coordinator, services: running, feed, now });
  const parts = {
    accounts,
    coordinator,
    database,
    ledger,
    blocks,
    runs,
    datasets,
    fetchInput,
    roster,
    feed,
    outputs,
    progress,
    now,
  };
  const grid = openGridService({ ...parts, readable: blocks, services, version: "test" }, viewer);
  const reports = openVolunteerReports({
    ...parts,
    services: running,
    given: openGivenCopies({ grid: coordinator.grid, database, ledger, tickets, now }),
  });
  await accounts.restore();
  await restoreJobs(coordinator, database, { blocks, runs }, now());

  return {
    ...parts,
    tickets,
    running,
    services,
    grid,
    reports,
    said,
    wait: (ms: number) => {
      time = (time + ms) as EpochMs;
      steadyTime += ms;
      coordinator.dispatch({ type: "tick" });
    },
    /** Somebody sets the clock. */
    jumpClock: (byMs: number) => {
      time = (time + byMs) as EpochMs;
    },
    /** @param withThem The tickets of what it holds: by default, those that it was given. */
    join: (
      name: string,
      {
        want = 0,
        held = [] as TaskId[],
        withThem = null as Ticket[] | null,
        address = null as string | null,
      } = {},
    ) =>
      reports.joined(
        volunteerId(name),
        {
          protocolVersion: 1,
          // With a slot for each, it may hold all of them.
          slotCount: Math.max(1, want),
          instanceCount: 0,
          device: UNKNOWN_DEVICE,
          held,
          tickets: withThem ?? held.map((taskId) => tickets.write(volunteerId(name), taskId, time)),
          want,
        },
        address,
      ),
    report: (name: string, outcomes: Outcome[], want = 0) =>
      reports.reported(volunteerId(name), { outcomes, want }, () => true),
    /** The tasks a volunteer was told to run, in order. */
    given: (name: string) =>
      said.flatMap((word) =>
        word.type === "assign" && word.volunteerId === volunteerId(name) ? word.taskIds : [],
      ),
    /** What came with the task. */
    ticketOf(name: string, taskId: TaskId): Ticket {
      const ticket = ticketsOf.get(`${volunteerId(name)} ${taskId}`);
      if (ticket === undefined) throw new Error(`${name} was not given ${taskId}`);
      return ticket;
    },
    async close() {
      feed.close();
      await grid.recomputing.close();
      await grid.pipelines.close();
      await outputs.close();
      await accounts.close();
      await ledger.close();
    },
  };
}

export type TestCoordinator = Awaited<ReturnType<typeof openTestCoordinator>>;

/** An output of one part, or of one for each text. */
export function output(taskId: TaskId, ...texts: string[]): Extract<Outcome, { type: "output" }> {
  const parts = texts.map((text) => ({ text, records: text === "" ? 0 : 1 }));
  return { type: "output", taskId, parts, elapsedMs: 5 };
}

/** An output of a map with reducers: a run for each partition that is not empty. */
export function runOutput(taskId: TaskId, ...texts: string[]): Extract<Outcome, { type: "output" }> {
  const parts = texts.flatMap((text, partition) =>
    text === "" ? [] : [{ run: new Uint8Array(Buffer.from(text)), records: 1, partition }],
  );
  return { type: "output", taskId, parts, elapsedMs: 5 };
}

/** A task in which the program threw, at the record of number 3. */
export function errorOf(taskId: TaskId, message: string): Outcome {
  return { type: "error", taskId, message, stack: "", record: 3, elapsedMs: 5 };
}
