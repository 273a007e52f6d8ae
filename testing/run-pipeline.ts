/** Runs a pipeline of examples/ in this process: the decisions of the coordinator, tasks as volunteers run them. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readCsvHeader } from "../server/datasets/csv-header";
import {
  advancePipeline,
  newRun,
  type PipelineAction,
  type PipelineEvent,
} from "../core/pipelines/advance-pipeline";
import { openMeasure, type ResultRecord } from "../core/pipelines/condition";
import { openReferenceReader } from "../core/pipelines/read-reference";
import { configWith, inputIn, planPipeline, referencesIn } from "../core/pipelines/references";
import { readingOf, wholeFormat } from "../protocol/format";
import { JobId } from "../protocol/ids";
import { SubmitPipeline, type Step } from "../protocol/pipeline";
import { PipelineFile } from "../sdk/node/pipeline-file";
import { runProgram, type ProgramRun } from "./run-program";

const RECORDS_PER_TASK = 130;

export interface PipelineOutcome {
  /** What the condition saw after each iteration of each step. */
  readonly iterations: Readonly<Record<string, readonly (number | null)[]>>;
  /** A step's last result. */
  records(step: string): readonly ResultRecord[];
}

/** @param folder Its pipeline.json names programs and texts that lie beside it. */
export async function runPipeline(folder: string): Promise<PipelineOutcome> {
  const text = readFileSync(path.join(folder, "pipeline.json"), "utf8");
  const { steps: written } = PipelineFile.parse(JSON.parse(text));
  const files = new Map(written.map(({ name, program }) => [name, String(program.file)]));
  const { steps } = SubmitPipeline.parse({
    steps: written.map((step) => ({
      ...step,
      program: { source: "export {}" },
      input: inputOf(folder, step.input),
    })),
  });
  const plan = planPipeline(steps);
  if (!Array.isArray(plan)) throw new Error(`${plan.path}: ${plan.message}`);

  const results = new Map<string, readonly ResultRecord[]>();
  let run = newRun(plan);
  const todo: PipelineAction[] = [];
  const tell = (event: PipelineEvent) => {
    const advanced = advancePipeline(plan, run, event);
    run = advanced.run;
    todo.push(...advanced.actions);
  };
  tell({ type: "begun" });
  for (let action = todo.shift(); action; action = todo.shift()) await act(action);
  if (run.state !== "completed") throw new Error(run.failure?.message ?? run.state);
  return {
    iterations: Object.fromEntries(
      run.steps.map(({ name, iterations }) => [
        name,
        iterations.map((iteration) => (iteration.state === "done" ? iteration.value : NaN)),
      ]),
    ),
    records: (name) => recordsOf(name, null),
  };

  async function act({ type, step: name, iteration }: PipelineAction): Promise<void> {
    const place = { step: name, iteration };
    const step = steps.find((own) => own.name === name);
    if (!step) throw new Error(`There is no step ${name}`);
    if (type === "start") {
      results.set(`${name} ${iteration}`, await recordsBy(step, iteration));
      return tell({ type: "started", jobId: JobId.parse("job_0123456789abcdef"), ...place });
    }
    if (type === "watch") return tell({ type: "completed", ...place });
    if (type !== "measure" || !step.repeat) throw new Error(`${type} of ${name} is not looked at here`);
    const { aggregate, ...choice } = step.repeat.until;
    const measure = openMeasure(choice, aggregate);
    for (const record of recordsOf(name, iteration)) measure.add(record);
    tell({ type: "measured", value: measure.value(), corrected: 0, ...place });
  }

  async function recordsBy(step: Step, iteration: number): Promise<ResultRecord[]> {
    const values = referencesIn(step, iteration).map((reference) => {
      const reader = openReferenceReader(reference);
      for (const record of recordsBefore(step, iteration, reference.step)) reader.add(record);
      return reader.value();
    });
    const module = (await import(
      pathToFileURL(path.resolve(folder, files.get(step.name) ?? "")).href
    )) as object;
    const partitions = await runProgram({
      ...{ module, perTask: RECORDS_PER_TASK, reducers: step.options.reducers },
      ...readingFor(step, iteration),
      config: configWith(step, iteration, values),
    });
    return partitions.flat().map(([key, value]) => ({ key, value }) as ResultRecord);
  }

  function readingFor(step: Step, iteration: number): Pick<ProgramRun, "input" | "reading"> {
    const input = inputIn(step, iteration);
    if ("step" in input) {
      const lines = recordsBefore(step, iteration, input.step).map((record) => `${JSON.stringify(record)}\n`);
      return { input: lines.join(""), reading: { type: "jsonl" } };
    }
    if (!("text" in input)) throw new Error("Here only texts and results are read");
    const format = wholeFormat(input.format);
    if (format.type !== "csv") return { input: input.text, reading: format };
    const { columns, bytes } = readCsvHeader(Buffer.from(input.text), format);
    return { input: input.text.slice(bytes), reading: { ...readingOf(format), columns } };
  }

  function recordsBefore(step: Step, iteration: number, name: string): readonly ResultRecord[] {
    return recordsOf(name, name === step.name ? iteration - 1 : null);
  }

  function recordsOf(name: string, iteration: number | null): readonly ResultRecord[] {
    const last = run.steps.find((step) => step.name === name)?.iterations.length;
    return results.get(`${name} ${iteration ?? last}`) ?? [];
  }
}

function inputOf(folder: string, input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("file" in input)) return input;
  const { file, ...rest } = input;
  return { text: readFileSync(path.join(folder, String(file)), "utf8"), ...rest };
}
