/** The sample jobs that come with Tabgrid: what `examples/` holds, as the build serves it under `/examples/`. */
import * as z from "zod";
import type { SubmitJob } from "../../protocol/job";
import type { Program } from "../../protocol/runtime";
import { Sample, type SampleScript } from "../../protocol/sample";
import { getJson, request } from "./api";
import { base64Of } from "./program-draft";

/** A submission as it is sent: what has a default may be left out. */
export type JobRequest = Omit<z.input<typeof SubmitJob>, "program"> & { program: ProgramRequest };

/** What a card shows of a sample. */
export type SampleFacts = Pick<Sample, "name" | "title" | "description" | "source" | "licence">;

/** A program that comes along. */
export type ProgramRequest = z.input<typeof Program>;

export async function fetchSamples(signal: AbortSignal): Promise<Sample[]> {
  const samples = await getJson(z.array(Sample), "/examples/index.json", signal);
  return samples.sort((a, b) => a.order - b.order);
}

/** The whole submission, files included. @throws {ApiProblem} If a file is not served. */
export async function requestOf(sample: Sample): Promise<JobRequest> {
  const [program, input] = await Promise.all([programOf(sample), inputOf(sample)]);
  const { title, options, config } = sample;
  return { name: title, program, input, options, config };
}

async function programOf(sample: Sample): Promise<ProgramRequest> {
  const { program } = sample;
  switch (program.runtime) {
    case "js":
      return { source: await fetchFile(sample, program.file) };
    case "ts":
    case "pando":
    case "python":
      return { runtime: program.runtime, source: await fetchFile(sample, program.file) };
    case "wasm":
      return { runtime: "wasm", wasm: await fetchBase64(sample, program.file) };
    case "wasi": {
      const { runtime, map, combine, reduce } = program;
      return { runtime, wasm: await fetchBase64(sample, program.file), map, combine, reduce };
    }
    case "streaming": {
      const { runtime, mapper, combiner, reducer, properties } = program;
      const script = async ({ language, file }: z.infer<typeof SampleScript>) => ({
        language,
        source: await fetchFile(sample, file),
        fileName: file,
      });
      return {
        runtime,
        mapper: await script(mapper),
        ...(combiner && { combiner: await script(combiner) }),
        ...(reducer && { reducer: await script(reducer) }),
        properties,
      };
    }
  }
}

async function inputOf(sample: Sample): Promise<JobRequest["input"]> {
  const { input } = sample;
  switch (input.kind) {
    case "text":
      return { text: await fetchFile(sample, input.file) };
    case "items":
      return { items: input.items };
    case "range": {
      const { start, end, step } = input;
      return { range: { start, end, step } };
    }
  }
}

async function fetchFile(sample: Sample, file: string): Promise<string> {
  return (await request(urlOf(sample, file), {})).text();
}

async function fetchBase64(sample: Sample, file: string): Promise<string> {
  return base64Of(await (await request(urlOf(sample, file), {})).blob());
}

const urlOf = ({ name }: Sample, file: string) =>
  `/examples/${encodeURIComponent(name)}/${encodeURIComponent(file)}`;
