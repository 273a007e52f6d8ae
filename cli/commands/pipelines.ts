/** `pipeline`: jobs that follow one another, from a file; run, submitted, shown, ended. */
import type { Command } from "commander";
import type { PipelineView, StepView } from "../../protocol/pipeline";
import type { PipelineHandle } from "../../sdk/pipelines";
import { readPipelineFile } from "../../sdk/node/pipeline-file";
import { UsageError } from "../failures";
import { printResult, type PrintOptions } from "../follow";
import { gridOf, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";
import { resultFormat } from "./submit";

type RunFlags = CommonOptions & PrintOptions & { readonly step?: string };

export function addPipelineCommands(program: Command, terminal: Terminal): void {
  const { stdout, stderr, signal } = terminal;
  const pipelines = program
    .command("pipeline")
    .alias("pipelines")
    .description("jobs that follow one another, repeated until a condition holds");

  const submit = async (flags: CommonOptions, file: string) =>
    gridOf(terminal, flags).pipeline(await readPipelineFile(file), { signal });

  pipelines
    .command("run")
    .argument("<file>", "the pipeline as JSON; programs and texts in it may be files beside it")
    .description("begin a pipeline, follow it to its end and print a result; Ctrl+C cancels it")
    .option("--step <name>", "whose result is printed; by default that of the last one in the file")
    .addOption(resultFormat())
    .action(async (file: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<RunFlags>();
      const pipeline = await submit(flags, file);
      await follow(pipeline, terminal, flags);
      await printResult(await pipeline.result(flags.step, { signal }), terminal, flags);
    })
    .addHelpText("after", "\nExample:\n  $ tabgrid pipeline run examples/kmeans/pipeline.json");

  pipelines
    .command("submit")
    .argument("<file>", "the pipeline as JSON")
    .description("begin a pipeline, print its id, and go on without it")
    .action(async (file: string, _flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      const pipeline = await submit(flags, file);
      if (flags.json) await writeJson(stdout, await pipeline.view({ signal }));
      else await writeLine(stdout, pipeline.id);
      if (!flags.quiet) await writeLine(stderr, `${gridOf(terminal, flags).url}/pipelines/${pipeline.id}`);
    });

  pipelines
    .command("list", { isDefault: true })
    .description("list pipelines, newest first")
    .option("--limit <n>", "at most so many", Number, 20)
    .action(async (_flags, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions & { limit: number }>();
      const found: PipelineView[] = [];
      for await (const pipeline of gridOf(terminal, flags).pipelines({ signal }))
        if (found.push(pipeline) >= flags.limit) break;
      if (flags.json) return writeJson(stdout, found);
      for (const pipeline of found) await writeLine(stdout, oneLine(pipeline));
    });

  const actions = {
    status: ["view", "its steps and iterations, and what the condition saw"],
    cancel: ["cancel", "end a pipeline, with its jobs"],
    pause: ["pause", "start nothing more of a pipeline; jobs under way go on"],
    resume: ["resume", "go on with a pipeline that was paused"],
  } as const;
  for (const [name, [method, description]] of Object.entries(actions)) {
    pipelines
      .command(name)
      .argument("<pipeline>", "its id")
      .description(description)
      .action(async (id: string, _flags, command: Command) => {
        const flags = command.optsWithGlobals<CommonOptions>();
        const pipeline = await find(terminal, flags, id)[method]({ signal });
        if (flags.json) return writeJson(stdout, pipeline);
        for (const line of name === "status" ? textOf(pipeline) : [oneLine(pipeline)])
          await writeLine(stdout, line);
      });
  }

  pipelines
    .command("remove")
    .argument("<pipeline>", "its id")
    .description("forget a pipeline that has ended; its jobs stay")
    .action(async (id: string, _flags, command: Command) => {
      await find(terminal, command.optsWithGlobals<CommonOptions>(), id).remove({ signal });
    });
}

/** @throws {UsageError} If that is no pipeline's id. */
function find(terminal: Terminal, flags: CommonOptions, id: string): PipelineHandle {
  const grid = gridOf(terminal, flags);
  try {
    return grid.findPipeline(id);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const CANCEL_MS = 5_000;

/** Tells of what changes, until it has ended. @throws {PipelineFailedError} */
async function follow(
  pipeline: PipelineHandle,
  { stderr, signal }: Terminal,
  { quiet = false, json = false }: CommonOptions,
): Promise<void> {
  try {
    let told = "";
    for await (const view of pipeline.views({ signal })) {
      const now = view.steps.filter(({ state }) => state !== "waiting").map(stepText);
      const text = now.at(-1) ?? "";
      if (text !== told && !quiet && !json) await writeLine(stderr, text);
      told = text;
    }
    await pipeline.finished({ signal });
  } catch (error) {
    if (signal.aborted) {
      const ended = await pipeline.cancel({ signal: AbortSignal.timeout(CANCEL_MS) }).catch(String);
      const how = typeof ended === "string" ? `could not be cancelled: ${ended}` : "was cancelled";
      await writeLine(stderr, `${pipeline.id} ${how}`);
    }
    throw error;
  }
}

const oneLine = ({ id, state, name, steps }: PipelineView) => {
  const done = steps.filter((step) => step.state === "completed").length;
  return `${id}  ${state.padEnd(9)}  ${done}/${steps.length} steps  ${name}`;
};

function textOf(pipeline: PipelineView): string[] {
  const lines = [oneLine(pipeline), ...pipeline.steps.map((step) => `  ${stepText(step)}`)];
  const { failure } = pipeline;
  if (failure) lines.push(`  failed in ${failure.step}, iteration ${failure.iteration}: ${failure.message}`);
  return lines;
}

function stepText({ name, state, until, iterations, maxIterations, keptVersion, keep }: StepView): string {
  const value = iterations.findLast((iteration) => iteration.value !== null)?.value;
  const round = until === null ? "" : `  iteration ${iterations.length} of at most ${maxIterations}`;
  const seen = value === undefined ? "" : `, last ${value} (until ${until})`;
  const kept = keptVersion === null ? "" : `  kept as version ${keptVersion} of ${keep}`;
  return `${name.padEnd(12)} ${state.padEnd(9)}${round}${seen}${kept}`.trimEnd();
}
