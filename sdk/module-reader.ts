/** Reads programs from files: with Node.js, see sdk/node. */
import type { PipelineSubmission } from "./pipelines";
import type { Submission } from "./submit";

export interface ModuleReader {
  /** A program, by its path or URL. */
  program(file: string | URL): Promise<Submission["program"]>;
  /** One that brings a record for each item. */
  mapping(file: string | URL): Promise<Submission["program"]>;
  /** A pipeline, with the programs and texts that it names. */
  pipeline(file: string | URL): Promise<PipelineSubmission>;
}

/** In a browser there are none. */
export const NO_MODULES: ModuleReader = { program: refuse, mapping: refuse, pipeline: refuse };

function refuse(file: string | URL): Promise<never> {
  const advice = "give a function, or { source } with the module's text";
  return Promise.reject(new TypeError(`${String(file)} cannot be read in a browser: ${advice}`));
}
