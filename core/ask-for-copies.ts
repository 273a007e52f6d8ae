/**
 * Asks for the copies that an open task lacks.
 *
 *   a task lacks a copy ── somebody there holds its block ──▶ kept back for it (`locality.ts`)
 *                      └── nobody does ──▶ mixed with others (`mixing.ts`) ──▶ `Stage.wants`
 *
 * Who takes what was asked for, and when it is not needed any more, is decided when it is read (`want-decision.ts`).
 */
import type { EpochMs } from "../protocol/ids";
import { hasFresh } from "./fresh-tasks";
import type { Grid, GridJob, Stage } from "./grid";
import { keepForHolder } from "./locality";
import { mixIn } from "./mixing";
import { offerJob } from "./offer";

/** Asks for the copies that the task lacks: in the want log, or by keeping them back for those who hold its block. */
export function askForCopies(grid: Grid, job: GridJob, stage: Stage, index: number, now: EpochMs): void {
  const open = stage.open.get(index);
  if (!open) return;
  const judgement = job.validator.judge(open.task, open.isChecked);
  if (judgement.type !== "wait") return;
  if (open.asked >= judgement.missing) return;
  for (; open.asked < judgement.missing; open.asked++)
    if (!keepForHolder(grid, job, stage, index, now))
      mixIn(grid, stage, { index, round: open.round }, !hasFresh(stage));
  grid.hasNewWork = true;
  offerJob(grid, job);
}
