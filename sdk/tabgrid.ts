/** What `import … from "tabgrid"` gives in a browser. Nothing here, or below it, needs Node.js. */
import { openClient, type ClientOptions } from "./client";
import { openGrid, type Grid } from "./grid";

/**
 * A grid, by its coordinator's address. Nothing is asked of it yet.
 *
 * @throws {TypeError} If the address is not one of http or https.
 * @example
 * const grid = connect("http://127.0.0.1:3000");
 */
export function connect(address: string | URL, options?: ClientOptions): Grid {
  return openGrid(openClient(address, options));
}

export type { ApiRequest, Client, ClientOptions } from "./client";
export { CannotCarry } from "../protocol/objects/cannot-carry";
export type { Classes } from "../protocol/objects/classes";
export {
  JobFailedError,
  PipelineFailedError,
  RefusedError,
  UnreachableError,
  UnreadableAnswerError,
} from "./errors";
export type { Datasets, WhichVersion } from "./datasets";
export type { JobEvent } from "./event-stream";
export type { Closure } from "./function-source";
export type { Grid } from "./grid";
export type { JobStatistics, StageStatistics } from "../protocol/statistics";
export type { JobDraft, MapJob, ModuleJob, ReduceJob } from "./job-draft";
export type { JobHandle, Pair, Watching } from "./job-handle";
export type { JobItems } from "./job-input";
export type { Items, MapFunction, MapOptions, MapResults } from "./map";
export type { AnyProgram, ConfigOf, Context, OutputOf, RecordOf } from "./program-types";
export { range, type Range } from "./range";
export type { ResultQuery } from "./result-stream";
export type { Results } from "./results";
export type { PipelineHandle, PipelineSubmission } from "./pipelines";
export type { Programs } from "./programs";
export type { Services, ServiceRequestInit } from "./services";
export type { RetryPolicy } from "./retry";
export type { RunOptions } from "./running";
export type { UploadOptions, UploadTerms } from "./upload";
export type { Uploadable } from "./upload-source";
export type { Submission, SubmitOptions } from "./submit";
