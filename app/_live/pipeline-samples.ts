/** The pipelines that come with Tabgrid, as the build serves them under `/examples/`. */
import { request } from "./api";
import { filesNamedIn, type PipelineDraft } from "./pipeline-draft";
import type { SampleFacts } from "./samples";

export const PIPELINE_SAMPLES: readonly SampleFacts[] = [
  {
    name: "kmeans",
    title: "k-means",
    description:
      "Finds four clusters among 800 points: one step that is repeated until no centre moves any more. One tab is enough.",
    source: "800 made-up points",
    licence: "Apache-2.0",
  },
  {
    name: "pagerank",
    title: "PageRank",
    description:
      "Ranks 300 pages by the links between them: a step makes the graph, the next is repeated until the ranks stand still.",
    source: "a made-up web",
    licence: "Apache-2.0",
  },
];

/** @throws {ApiProblem} If a file is not served. */
export async function draftOfSample({ name }: SampleFacts): Promise<PipelineDraft> {
  const read = async (file: string) =>
    (await request(`/examples/${encodeURIComponent(name)}/${encodeURIComponent(file)}`, {})).text();
  const json = await read("pipeline.json");
  const files = filesNamedIn(json).map(async (file) => ({ name: file, text: await read(file) }));
  return { json, files: await Promise.all(files) };
}
