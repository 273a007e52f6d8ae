/** The sample jobs that come with Tabgrid: what `examples/` holds, as the build serves it under `/examples/`. */
import * as z from "zod";
import type { SubmitJob } from "../../protocol/job";
import { getJson, request } from "./api";

export const Sample = z.object({
  /** Place in the gallery. */
  order: z.number().default(100),
  /** The folder's name. */
  name: z.string(),
  title: z.string(),
  description: z.string(),
  source: z.string(),
  licence: z.string(),
  options: z.record(z.string(), z.number()).default({}),
  input: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("text"), file: z.string() }),
    z.object({ kind: z.literal("items"), items: z.array(z.json()) }),
    z.object({
      kind: z.literal("range"),
      start: z.number().default(0),
      end: z.number(),
      step: z.number().default(1),
    }),
  ]),
  program: z.string(),
  config: z.json().default(null),
});
export type Sample = z.infer<typeof Sample>;

/** A submission as it is sent: what has a default may be left out. */
export type JobRequest = z.input<typeof SubmitJob>;

export async function fetchSamples(signal: AbortSignal): Promise<Sample[]> {
  const samples = await getJson(z.array(Sample), "/examples/index.json", signal);
  return samples.sort((a, b) => a.order - b.order);
}

/** The whole submission, files included. @throws {ApiProblem} If a file is not served. */
export async function requestOf(sample: Sample): Promise<JobRequest> {
  const [source, input] = await Promise.all([fetchFile(sample, sample.program), inputOf(sample)]);
  const { title, options, config } = sample;
  return { name: title, program: { source }, input, options, config };
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

async function fetchFile({ name }: Sample, file: string): Promise<string> {
  const response = await request(`/examples/${encodeURIComponent(name)}/${encodeURIComponent(file)}`, {});
  return response.text();
}
