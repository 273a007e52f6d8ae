/** Plays the database of a simulated coordinator: what it was told in a commit is there after a crash. */
import type { Effect, PastAcceptance, RestoredJob, SubmittedJob } from "../core/grid-events";
import { hasEnded, type JobLife } from "../core/job";
import type { TaskSpan } from "../core/packs";
import type { EndedCopy } from "../core/task";
import {
  taskIdOf,
  taskIdParts,
  type Digest,
  type JobId,
  type StageName,
  type TaskId,
  type VolunteerId,
} from "../protocol/ids";

const FACTS = ["job-changed", "copy-ended", "task-accepted", "task-doubted", "task-confirmed"] as const;
export type Fact = Extract<Effect, { type: (typeof FACTS)[number] }>;

export function isFact(effect: Effect): effect is Fact {
  return FACTS.some((type) => type === effect.type);
}

interface StoredCopy {
  copy: EndedCopy;
  verdict: "pending" | "late" | "none" | "valid" | "invalid";
}

export interface FactStore {
  insertJob(job: SubmittedJob): void;
  /** It is known now how many tasks the job's merge stage has. */
  planMerge(jobId: JobId, taskCount: number): void;
  /** @throws {Error} If a task is accepted twice, or a copy is counted twice. */
  commit(facts: readonly Fact[]): void;
  /** The coordinator was killed. What was in doubt is no fact: it is accepted as it was. */
  forgetDoubts(): void;
  unendedJobs(isHere: (digest: Digest) => boolean): RestoredJob[];
  lifeOf(jobId: JobId): JobLife;
  acceptances: ReadonlyMap<TaskId, Digest>;
  /** Tasks, not packs. */
  covered: ReadonlySet<TaskId>;
}

export function openFactStore(): FactStore {
  const jobs = new Map<JobId, { job: SubmittedJob; life: JobLife }>();
  const copies = new Map<TaskId, Map<VolunteerId, StoredCopy>>();
  const acceptances = new Map<TaskId, Digest>();
  /** Every task that was ever accepted, those in packs by themselves. */
  const covered = new Set<TaskId>();
  /** Accepted, and open again. */
  const doubted = new Map<TaskId, Digest>();

  function write(fact: Fact): void {
    switch (fact.type) {
      case "job-changed": {
        const row = jobs.get(fact.jobId);
        if (row) row.life = fact.life;
        return;
      }
      case "copy-ended": {
        const rows = copies.get(fact.taskId) ?? new Map<VolunteerId, StoredCopy>();
        const before = rows.get(fact.copy.volunteerId);
        if (before?.verdict === "valid" || before?.verdict === "invalid")
          throw new Error(`${fact.copy.volunteerId} answers ${fact.taskId} again after the verdict`);
        if (fact.verdict === "valid" && fact.copy.state === "returned") {
          const accepted = acceptances.get(fact.taskId) ?? doubted.get(fact.taskId);
          if (accepted !== fact.copy.digest) throw new Error(`A late copy of ${fact.taskId} is not valid`);
        }
        copies.set(fact.taskId, rows.set(fact.copy.volunteerId, { copy: fact.copy, verdict: fact.verdict }));
        return;
      }
      case "task-accepted": {
        const wasDoubted = doubted.delete(fact.taskId);
        if (!wasDoubted) coverAll(fact.taskId);
        if (acceptances.has(fact.taskId)) throw new Error(`${fact.taskId} is accepted twice`);
        acceptances.set(fact.taskId, fact.digest);
        return countAll(fact, fact.digest, wasDoubted);
      }
      case "task-doubted": {
        const digest = acceptances.get(fact.taskId);
        if (digest === undefined) throw new Error(`${fact.taskId} is doubted and was not accepted`);
        acceptances.delete(fact.taskId);
        doubted.set(fact.taskId, digest);
        return;
      }
      case "task-confirmed": {
        const digest = doubted.get(fact.taskId);
        if (digest === undefined) throw new Error(`${fact.taskId} is confirmed and was not doubted`);
        doubted.delete(fact.taskId);
        acceptances.set(fact.taskId, digest);
        countAll(fact, digest, true);
      }
    }
  }

  /** A task is accepted once, by itself or in a pack. */
  function coverAll(taskId: TaskId): void {
    const { jobId, stage, index, count } = taskIdParts(taskId);
    for (let each = index; each < index + count; each++) {
      const id = taskIdOf(jobId, stage, each);
      if (covered.has(id)) throw new Error(`${id} is accepted twice`);
      covered.add(id);
    }
  }

  function countAll(fact: Counted, digest: Digest, wasDoubted: boolean): void {
    const rows = copies.get(fact.taskId);
    const settle = (volunteerId: VolunteerId, verdict: "valid" | "invalid") =>
      count(rows?.get(volunteerId), fact.taskId, digest, volunteerId, verdict, wasDoubted);
    for (const { volunteerId } of fact.valid) settle(volunteerId, "valid");
    for (const volunteerId of fact.invalid) settle(volunteerId, "invalid");
  }

  return {
    insertJob: (job) => void jobs.set(job.id, { job, life: { state: "queued" } }),
    planMerge(jobId, taskCount) {
      const row = jobs.get(jobId);
      if (!row) return;
      const stages = row.job.stages.map((stage) =>
        stage.name === "merge" ? { name: stage.name, taskCount } : stage,
      );
      row.job = { ...row.job, stages };
    },
    commit: (facts) => facts.forEach(write),
    forgetDoubts() {
      for (const [taskId, digest] of doubted) acceptances.set(taskId, digest);
      doubted.clear();
    },
    lifeOf: (jobId) => jobs.get(jobId)?.life ?? { state: "queued" },
    acceptances,
    covered,
    unendedJobs(isHere) {
      const unended = [...jobs.values()].filter(({ life }) => !hasEnded(life));
      return unended.map(({ job, life }) => ({
        ...job,
        startedAt: life.state === "queued" ? null : life.startedAt,
        isPaused: life.state === "paused",
        accepted: acceptedOf(job, acceptances),
        skipped: new Map(),
        history: job.policy.adaptive === null ? new Map() : historyOf(job, acceptances, copies),
        votes: votesOf(job, copies, isHere),
        unanswered: unansweredOf(job, acceptances, copies),
        later: [],
      }));
    },
  };
}

type Counted = Extract<Fact, { type: "task-accepted" | "task-confirmed" }>;

/** The verdict on a vote, which must be in the store when its task is accepted; a doubted one may change. */
function count(
  row: StoredCopy | undefined,
  taskId: TaskId,
  digest: Digest,
  volunteerId: VolunteerId,
  verdict: "valid" | "invalid",
  wasDoubted: boolean,
): void {
  if (!row || (row.verdict !== "pending" && !wasDoubted))
    throw new Error(`${volunteerId}'s vote on ${taskId} was never stored`);
  const agrees = row.copy.state === "returned" && row.copy.digest === digest;
  if (agrees !== (verdict === "valid"))
    throw new Error(`${volunteerId}'s vote on ${taskId} is not ${verdict}`);
  row.verdict = verdict;
}

function acceptedOf(job: SubmittedJob, acceptances: ReadonlyMap<TaskId, Digest>): Map<StageName, TaskSpan[]> {
  const accepted = new Map<StageName, TaskSpan[]>(job.stages.map(({ name }) => [name, []]));
  for (const taskId of acceptances.keys()) {
    const { jobId, stage, index, count } = taskIdParts(taskId);
    if (jobId === job.id) accepted.get(stage)?.push({ index, count });
  }
  return accepted;
}

type Copies = ReadonlyMap<TaskId, ReadonlyMap<VolunteerId, StoredCopy>>;

function historyOf(
  job: SubmittedJob,
  acceptances: ReadonlyMap<TaskId, Digest>,
  copies: Copies,
): RestoredJob["history"] {
  const history = new Map<StageName, PastAcceptance[]>(job.stages.map(({ name }) => [name, []]));
  for (const [taskId, digest] of acceptances) {
    const { jobId, stage, index } = taskIdParts(taskId);
    if (jobId !== job.id) continue;
    const votes = [...(copies.get(taskId) ?? [])].flatMap(([volunteerId, { copy, verdict }]) =>
      copy.state === "returned" && (verdict === "valid" || verdict === "invalid")
        ? [{ volunteerId, digest: copy.digest }]
        : [],
    );
    const failed = [...(copies.get(taskId) ?? [])].flatMap(([volunteerId, { copy, verdict }]) =>
      copy.state === "failed" && verdict === "invalid" ? [volunteerId] : [],
    );
    history.get(stage)?.push({ index, digest, votes, failed });
  }
  return history;
}

function unansweredOf(
  job: SubmittedJob,
  acceptances: ReadonlyMap<TaskId, Digest>,
  copies: Copies,
): RestoredJob["unanswered"] {
  return [...acceptances].flatMap(([taskId, accepted]) => {
    const { jobId, stage, index, count } = taskIdParts(taskId);
    if (jobId !== job.id) return [];
    const lost = [...(copies.get(taskId) ?? [])].filter(([, { verdict }]) => verdict === "none");
    return lost.map(([volunteerId]) => ({ stage, index, count, volunteerId, accepted }));
  });
}

function votesOf(
  job: SubmittedJob,
  copies: Copies,
  isHere: (digest: Digest) => boolean,
): RestoredJob["votes"] {
  return [...copies].flatMap(([taskId, rows]) => {
    const { jobId, stage, index, count } = taskIdParts(taskId);
    if (jobId !== job.id) return [];
    const pending = [...rows.values()].filter(({ verdict }) => verdict === "pending");
    return pending.map(({ copy }) => {
      if (copy.state !== "returned") return { stage, index, count, copy };
      return { stage, index, count, copy: { ...copy, bytesHere: isHere(copy.digest) } };
    });
  });
}
