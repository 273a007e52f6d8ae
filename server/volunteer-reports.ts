/** Carries what tabs say to the coordinator, and answers once it is durable. */
import type { ReportedOutcome } from "../core/grid-events";
import { workLeftMs } from "../core/leases";
import { unpackKeys } from "../protocol/block-key";
import { taskIdParts, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Heartbeat } from "../protocol/messages/heartbeat";
import { GridError } from "../protocol/problems";
import type { Outcome } from "../protocol/task";
import type { LogLine } from "../protocol/views";
import type { Accounts } from "./accounts";
import type { Coordinator } from "./coordinator";
import type { Feed } from "./feed";
import type { VolunteerReports } from "./gateway";
import type { RunAreas } from "./blocks/run-areas";
import type { BlockStore } from "./grid-api";
import type { GivenCopies } from "./given-copies";
import type { JobOutputs } from "./job-output";
import type { Roster } from "./roster";
import type { RunningServices } from "./services/running-services";
import type { Ledger } from "./store/ledger";
import { takeOutcome } from "./take-outcomes";
import type { TaskProgress } from "./task-progress";

export interface ReportParts {
  coordinator: Coordinator;
  ledger: Pick<Ledger, "refusal">;
  blocks: BlockStore;
  runs: RunAreas;
  roster: Roster;
  feed: Pick<Feed, "addLog" | "noteJob" | "noteVolunteers">;
  outputs: Pick<JobOutputs, "add">;
  services: Pick<RunningServices, "joined" | "beat" | "gone" | "heard" | "responded">;
  progress: Pick<TaskProgress, "note" | "forget">;
  accounts: Pick<Accounts, "seen">;
  given: GivenCopies;
}

type Taking = ReportedOutcome | Promise<ReportedOutcome>;

const areTaken = (outcomes: readonly Taking[]): outcomes is readonly ReportedOutcome[] =>
  !outcomes.some((outcome) => outcome instanceof Promise);

const allOf = (outcomes: readonly Taking[]) => Promise.all(outcomes.map(async (outcome) => outcome));

/** Longer than answers take, unless the disk is slow. */
const ANSWER_MS = 250;

export function openVolunteerReports({
  coordinator,
  ledger,
  blocks,
  runs,
  roster,
  feed,
  outputs,
  services,
  progress,
  accounts,
  given,
}: ReportParts): VolunteerReports {
  return {
    async joined(volunteerId, hello, address) {
      const { slotCount, instanceCount, device, held, want, blocks: holds = "" } = hello;
      refuseWhatWouldPileUp();
      // Not waited for: whatever the volunteer says next, or its leaving, must not overtake its joining.
      void roster.load(volunteerId).then(feed.noteVolunteers);
      const who = { volunteerId, slotCount, device, address } as const;
      const holding = {
        held,
        given: given.among(volunteerId, held, hello.tickets),
        blocks: unpackKeys(holds),
      };
      const joined = { type: "joined", ...who, ...holding, want } as const;
      const { dropped, durable } = coordinator.dispatch(joined);
      const account = coordinator.grid.accounts.get(volunteerId) ?? null;
      services.joined(volunteerId, device, instanceCount, { address, account });
      await durable;
      return { volunteerId, dropped: [...dropped], ...paceFor(volunteerId) };
    },
    async reported(volunteerId, { outcomes, want, beat }, isCurrent) {
      // Whatever becomes of the outcomes, what it holds it holds.
      const dropped = beat ? take(volunteerId, beat) : [];
      refuseWhatWouldPileUp();
      const taking = outcomes.map((outcome) =>
        withTicketOf(volunteerId, outcome, takeOutcome(outcome, coordinator.jobs, { blocks, runs })),
      );
      const taken = areTaken(taking) ? taking : await allTaken(volunteerId, outcomes, taking);
      // The tab still has it all, and offers it again on its next connection.
      if (!isCurrent())
        throw new GridError("session-replaced", "The connection ended before its report was read");
      if (!coordinator.grid.volunteers.has(volunteerId)) {
        throw new GridError("message-invalid", "The first message is hello, and this one's was refused");
      }
      const lines = logLines(volunteerId, outcomes);
      // Before the scheduler hears of it: what ends a job belongs to its output.
      const written = outputs.add(lines);
      const reported = { type: "reported", volunteerId, outcomes: taken, want } as const;
      const dispatch = () => coordinator.dispatch(reported);
      const { answers, durable } = mayWait(volunteerId, outcomes)
        ? coordinator.volunteers.withAnswer(volunteerId, dispatch)
        : dispatch();
      for (const line of lines) feed.addLog(line);
      await Promise.all([durable, written]);
      return {
        answers: [...answers],
        ...(dropped.length > 0 && { dropped: [...dropped] }),
        ...paceFor(volunteerId),
      };
    },
    beat: async (volunteerId, heartbeat) => ({
      dropped: [...take(volunteerId, heartbeat)],
      ...paceFor(volunteerId),
    }),
    instance: services.heard,
    responded: services.responded,
    gone(volunteerId, isFinal) {
      services.gone(volunteerId);
      progress.forget(volunteerId);
      accounts.seen(volunteerId);
      coordinator.dispatch({ type: isFinal ? "left" : "disconnected", volunteerId });
      feed.noteVolunteers();
    },
  };

  /** At once when that is known: then nothing that its tab says next, such as goodbye, overtakes it. */
  function withTicketOf(volunteerId: VolunteerId, outcome: Outcome, taken: Taking): Taking {
    if (taken instanceof Promise) return taken.then((found) => given.withTicket(volunteerId, outcome, found));
    return given.withTicket(volunteerId, outcome, taken);
  }

  /** While the database was asked about one outcome, others may have decided the task of another: then it is asked about that, once. */
  async function allTaken(
    volunteerId: VolunteerId,
    outcomes: readonly Outcome[],
    taking: readonly Taking[],
  ): Promise<readonly ReportedOutcome[]> {
    const askedAgain = new Set<TaskId>();
    let taken = await allOf(taking);
    for (;;) {
      const overtaken = taken.filter((each) => given.isOvertaken(each) && !askedAgain.has(each.taskId));
      if (overtaken.length === 0) return taken;
      for (const { taskId } of overtaken) askedAgain.add(taskId);
      taken = await allOf(
        taken.map((each, place) => {
          const outcome = outcomes[place];
          return outcome && overtaken.includes(each) ? given.withTicket(volunteerId, outcome, each) : each;
        }),
      );
    }
  }

  function take(volunteerId: VolunteerId, heartbeat: Heartbeat): readonly TaskId[] {
    const { held, slotCount, instanceCount, instances, running = [], blocks: changes } = heartbeat;
    services.beat(volunteerId, { instanceCount, instances });
    const blocks = changes && { added: unpackKeys(changes.added), dropped: unpackKeys(changes.dropped) };
    const beat = { type: "beat", volunteerId, slotCount, held, ...(blocks && { blocks }) } as const;
    const { dropped } = coordinator.dispatch(beat);
    progress.note(volunteerId, running);
    for (const { taskId } of running) feed.noteJob(taskIdParts(taskId).jobId);
    return dropped;
  }

  /** What the scheduler thinks that it was told. */
  function paceFor(volunteerId: VolunteerId): { paceMs?: number } {
    const paceMs = coordinator.grid.volunteers.get(volunteerId)?.paceMs ?? 0;
    return paceMs > 0 ? { paceMs } : {};
  }

  function refuseWhatWouldPileUp(): void {
    const refusal = ledger.refusal();
    if (refusal) throw refusal;
  }

  /** True when what it has besides these lasts until this report is answered. */
  function mayWait(volunteerId: VolunteerId, outcomes: readonly Outcome[]): boolean {
    const volunteer = coordinator.grid.volunteers.get(volunteerId);
    const ended = outcomes.map(({ taskId }) => taskId);
    return volunteer !== undefined && workLeftMs(volunteer, ended) >= ANSWER_MS;
  }

  /** What programs logged, in tasks that the volunteer was given: nobody writes into the log of a job they have no part in. */
  function logLines(volunteerId: VolunteerId, outcomes: readonly Outcome[]): LogLine[] {
    const leases = coordinator.grid.volunteers.get(volunteerId)?.leases;
    return outcomes.flatMap((outcome) => {
      const { type, taskId } = outcome;
      if (type === "released" || !leases?.has(taskId) || !coordinator.jobs.has(taskIdParts(taskId).jobId))
        return [];
      return (outcome.logs ?? []).map((line) => ({ taskId, volunteerId, line }));
    });
  }
}
