/** What is on the grid, and what can be done to a job: status, list, tasks, cancel, pause, resume, share, volunteers. */
import { Option, type Command } from "commander";
import { JobState, type JobView, type TaskView, type VolunteerView } from "../../protocol/views";
import { findJob } from "../find-job";
import { oneLine, shortTask } from "../follow";
import { describeFailure } from "../../sdk/errors";
import { duration } from "../progress";
import { statisticsText } from "../statistics-text";
import { gridOf, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";

export function addJobCommands(program: Command, terminal: Terminal): void {
  const { stdout, signal } = terminal;

  program
    .command("status")
    .argument("[job]", "its id; without one, the whole grid")
    .description("how far a job is and what it waits for, or the grid in a few numbers")
    .action(async (id: string | undefined, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      const found = id === undefined ? await gridOf(terminal, flags).status({ signal }) : null;
      const handle = id === undefined ? null : findJob(terminal, flags, id);
      const job = handle && (await handle.view({ signal }));
      if (flags.json) return writeJson(stdout, job ?? found);
      if (handle && job)
        return writeLine(stdout, `${jobText(job)}\n${statisticsText(await handle.statistics({ signal }))}`);
      if (!found) return;
      const { volunteers, slots, copiesOut, jobs, tasksPerSecond } = found;
      await writeLine(stdout, `volunteers  ${volunteers} with ${slots} slots, ${copiesOut} copies out`);
      await writeLine(
        stdout,
        `jobs        ${jobs.running} running, ${jobs.queued} queued, ${jobs.paused} paused`,
      );
      await writeLine(stdout, `speed       ${tasksPerSecond.toFixed(1)} tasks/s`);
    });

  const jobs = program.command("jobs").description("list jobs");
  jobs
    .command("list", { isDefault: true })
    .description("list jobs, newest first")
    .addOption(new Option("--state <state>", "only those in this state").choices(JobState.options))
    .option("--limit <n>", "at most so many", (text) => Number(text), 20)
    .action(async (_flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions & { state?: JobState; limit: number }>();
      const { state, limit, json } = flags;
      const found: JobView[] = [];
      for await (const job of gridOf(terminal, flags).jobs({ signal, ...(state && { state }) })) {
        if (found.push(job) >= limit) break;
      }
      if (json) return writeJson(stdout, found);
      for (const job of found) await writeLine(stdout, oneLine(job));
    });

  program
    .command("statistics")
    .argument("<job>", "its id")
    .description("what its stages read, made and cost, and how evenly the work was shared")
    .action(async (id: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      const found = await findJob(terminal, flags, id).statistics({ signal });
      if (flags.json) return writeJson(stdout, found);
      await writeLine(stdout, statisticsText(found));
    });

  program
    .command("tasks")
    .argument("<job>", "its id")
    .description("the audit trail: every task, its copies, who, how long, what verdict")
    .action(async (id: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      for await (const task of findJob(terminal, flags, id).tasks({ signal })) {
        if (flags.json) await writeJson(stdout, task);
        else await writeLine(stdout, taskText(task));
      }
    });

  const actions = {
    cancel: "cancel a job and take its work back from all volunteers",
    pause: "take back what runs of a job, until it is resumed",
    resume: "hand a paused job out again",
  } as const;
  for (const [name, description] of Object.entries(actions) as [keyof typeof actions, string][]) {
    program
      .command(name)
      .argument("<job...>", "ids")
      .description(description)
      .action(async (ids: string[], _flags, command: Command) => {
        const flags = command.optsWithGlobals<CommonOptions>();
        for (const id of ids) {
          const job = await findJob(terminal, flags, id)[name]({ signal });
          if (flags.json) await writeJson(stdout, job);
          else await writeLine(stdout, oneLine(job));
        }
      });
  }

  program
    .command("share")
    .argument("<job>", "its id")
    .description("change a job's share of the computing time while it runs")
    .option("--priority <n>", "-10 to 10", Number)
    .option("--weight <n>", "1 to 100", Number)
    .action(async (id: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions & { priority?: number; weight?: number }>();
      const { priority, weight } = flags;
      const changes = {
        ...(priority !== undefined && { priority }),
        ...(weight !== undefined && { weight }),
      };
      const job = await findJob(terminal, flags, id).change(changes, { signal });
      if (flags.json) return writeJson(stdout, job);
      await writeLine(stdout, `${job.id}  priority ${job.options.priority}, weight ${job.options.weight}`);
    });

  program
    .command("volunteers")
    .description("list who gives computing time")
    .action(async (_flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      const volunteers = await gridOf(terminal, flags).volunteers({ signal });
      if (flags.json) return writeJson(stdout, volunteers);
      for (const volunteer of volunteers) await writeLine(stdout, volunteerText(volunteer));
    });
}

function jobText(job: JobView): string {
  const { stages, failure, etaMs, resultRecords, validated, taskProgress } = job;
  const lines = [oneLine(job)];
  for (const { name, state, tasks, accepted, skipped, copiesOut } of stages) {
    const more = [skipped > 0 && `${skipped} skipped`, copiesOut > 0 && `${copiesOut} copies out`].filter(
      Boolean,
    );
    lines.push(
      `  ${name.padEnd(7)} ${state.padEnd(9)}  ${accepted}/${tasks} tasks ${more.join(", ")}`.trimEnd(),
    );
  }
  for (const { taskId, volunteerId, progress } of taskProgress)
    lines.push(`  ${shortTask(taskId)} at ${volunteerId}: ${Math.floor(progress * 100)} %`);
  if (etaMs !== null) lines.push(`  ${duration(etaMs)} left`);
  if (resultRecords !== null) lines.push(`  ${resultRecords} records${validated ? "" : ", not validated"}`);
  const outdated = outdatedText(job);
  if (outdated) lines.push(`  ${outdated}`);
  if (failure) lines.push(`  ${describeFailure(job)}`);
  return lines.join("\n");
}

/** Null of a job whose result is what it should be, as far as is known. */
export function outdatedText({ basedOn, replacedBy, corrected }: JobView): string | null {
  if (basedOn.some(({ isOutdated }) => isOutdated))
    return `made of a result that was corrected since${replacedBy === null ? "" : `; ${replacedBy} takes its place`}`;
  if (!corrected || corrected.tasks === 0) return null;
  return `corrected at ${new Date(corrected.at).toISOString()}: what was read of it before is out of date`;
}

function taskText({ id, state, records, copies }: TaskView): string {
  const answers = copies.map(
    ({ volunteerId, state: copyState, verdict, elapsedMs }) =>
      `${volunteerId} ${verdict === "none" ? copyState : verdict}${elapsedMs === null ? "" : ` ${Math.round(elapsedMs)} ms`}`,
  );
  const count = records === null ? "" : `  ${records} records`;
  return `${id}  ${state}${count}${answers.map((answer) => `\n    ${answer}`).join("")}`;
}

function volunteerText({ id, state, slotCount, copiesOut, acceptedTasks, waiting }: VolunteerView): string {
  const why = waiting ? `  (${waiting.message})` : "";
  return `${id}  ${state.padEnd(9)}  ${slotCount} slots  ${copiesOut} copies  ${acceptedTasks} tasks accepted${why}`;
}
