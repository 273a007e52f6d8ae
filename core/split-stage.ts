/**
 * The stage in which a program's own `split` makes the items of the job's tasks. What comes after it is planned when it is over.
 *
 *   split ── accepted by a quorum ──▶ `stage-finished` ── shell: the items become blocks, a plan, on the disk ──▶ `stage-ready` with the
 *   numbers of tasks ──▶ the other stages
 *
 * All of the job is made of what one task gave, so that it is never believed alone, and copies of it agree in all bytes, whatever the
 * job says of its other tasks.
 */
import type { Digest, StageName, VolunteerId } from "../protocol/ids";
import { createStage } from "./create-stage";
import type { Grid, GridJob } from "./grid";
import type { PlannedStages, SubmittedJob } from "./grid-events";
import type { ValidationPolicy } from "./judge";
import { sampleCount } from "./sampling";
import type { SplitIndex } from "./split";
import type { Validator } from "./validator";

/** Volunteers that must agree on what `split` gives, in a job that believes volunteers by what they have shown. */
const LEAST_QUORUM = 2;

/** By what a stage's outputs are accepted. */
export function policyFor(stage: StageName, policy: ValidationPolicy): ValidationPolicy {
  if (stage !== "split") return policy;
  const quorum = policy.adaptive === null ? policy.quorum : Math.max(LEAST_QUORUM, policy.quorum);
  const maxCopies = Math.max(quorum, policy.maxCopies);
  const copies = Math.max(quorum, policy.copies);
  return { ...policy, quorum, copies, maxCopies, compare: null, adaptive: null };
}

/** To be called when the job's current stage is another one than before: of `split`, nothing is learnt for the others. */
export function validateStage(grid: Grid, job: GridJob): void {
  const policy = policyFor(job.stages[job.stageIndex]?.name ?? "map", job.submittedPolicy);
  if (policy.adaptive === job.policy.adaptive && policy.compare === job.policy.compare) return;
  job.policy = policy;
  job.validator = openValidator(grid, policy, job.program);
}

/** A validator that knows nothing of the job yet. */
export function openValidator(grid: Grid, policy: ValidationPolicy, program: Digest | null): Validator {
  const isSuspect = (volunteerId: VolunteerId) => grid.suspects.has(volunteerId);
  return grid.validatorFor(policy, grid.chance, isSuspect, grid.records.of(program));
}

/** The stages after `split` begin as what was planned of its items. */
export function planStages(job: GridJob, planned: PlannedStages): void {
  const byName = new Map(planned.stages.map((stage) => [stage.name, stage]));
  job.stages = job.stages.map((stage) => {
    const known = byName.get(stage.name);
    if (stage.name === "split" || known === undefined) return stage;
    return createStage(known, planned, false);
  });
}

/** A job's stages with as many tasks as the map's input gives them; none where that is not known yet. */
export function countStages(
  names: readonly StageName[],
  { source, map, reducers }: { source: SplitIndex | null; map: SplitIndex | null; reducers: number },
): SubmittedJob["stages"] {
  return names.map((name) => {
    switch (name) {
      case "split":
        return { name, taskCount: source?.taskCount ?? 0 };
      case "sample":
        return { name, taskCount: map ? sampleCount(map) : 0 };
      case "map":
        return { name, taskCount: map?.taskCount ?? 0 };
      case "merge":
        // Decided when the maps are over.
        return { name, taskCount: 0, isPlanned: false };
      case "reduce":
        return { name, taskCount: map?.taskCount === 0 ? 0 : reducers };
    }
  });
}
