/** A job.xml as the body of a request, and whether one is wanted as the answer. */
import { SubmitJob } from "../../protocol/job";
import { LIMITS } from "../../protocol/limits";
import { describeIssues, GridError } from "../../protocol/problems";
import { readXml } from "../http/read-body";
import { submissionOf } from "./read-job";

/** @throws {GridError} `unsupported-media-type`, `too-large`, `malformed-xml`, `invalid-input`. */
export async function readJobXml(request: Request): Promise<SubmitJob> {
  const xml = await readXml(request, { name: "jobXmlBytes", bytes: LIMITS.jobXmlBytes });
  const submission = submissionOf(xml);
  const parsed = SubmitJob.safeParse(submission);
  if (!parsed.success)
    throw new GridError("invalid-input", `job.xml: ${describeIssues(parsed.error, submission)}`);
  return parsed.data;
}

/** Browsers take XML as well as pages: only who asks for it first is meant. */
export function wantsXml(request: Request): boolean {
  return /^\s*(application|text)\/xml\s*(;|,|$)/i.test(request.headers.get("accept") ?? "");
}
