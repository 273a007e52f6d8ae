import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { SubmitPipeline } from "../../protocol/pipeline";
import { filesNamedIn, pipelineFrom } from "./pipeline-draft";
import { PIPELINE_SAMPLES } from "./pipeline-samples";

const FOLDER = path.join(import.meta.dirname, "../../examples");
const names = readdirSync(FOLDER).filter((name) => existsSync(path.join(FOLDER, name, "pipeline.json")));

test("[FM18] every pipeline among the examples is offered, and can be submitted as it is", () => {
  expect(PIPELINE_SAMPLES.map(({ name }) => name).sort()).toEqual(names.sort());
  for (const name of names) {
    const read = (file: string) => readFileSync(path.join(FOLDER, name, file), "utf8");
    const json = read("pipeline.json");
    const files = filesNamedIn(json).map((file) => ({ name: file, text: read(file) }));
    expect(SubmitPipeline.safeParse(pipelineFrom({ json, files })).error, name).toBeUndefined();
  }
});
