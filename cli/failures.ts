/** What went wrong, in words for the terminal, and the exit code it means. */
import {
  JobFailedError,
  PipelineFailedError,
  RefusedError,
  UnreachableError,
  UnreadableAnswerError,
} from "../sdk/errors";
import { ProgramFileError } from "../sdk/node/program-file-error";
import { EXIT, type ExitCode } from "./exit-codes";

/** The command line, or a file it names, is not as it must be. The message says what was expected and what came. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ctrl+C, by way of the signal that everything heeds. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

export interface Failure {
  readonly exitCode: ExitCode;
  /** May have several lines. */
  readonly text: string;
  /** For `--json`. */
  readonly json: { readonly error: Readonly<Record<string, unknown>> };
}

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof JobFailedError) {
    const { id, state, failure } = error.job;
    return failed(EXIT.jobFailed, message, { code: "job-failed", jobId: id, state, failure });
  }
  if (error instanceof PipelineFailedError) {
    const { id, state, failure } = error.pipeline;
    return failed(EXIT.jobFailed, message, { code: "pipeline-failed", pipelineId: id, state, failure });
  }
  if (error instanceof UsageError) return failed(EXIT.usage, message, { code: "usage" });
  if (error instanceof ProgramFileError) return failed(EXIT.usage, message, { code: "program-file" });
  if (error instanceof InterruptedError) return failed(EXIT.interrupted, message, { code: "interrupted" });
  if (error instanceof UnreachableError) {
    const advice = "Is it running? Name it by --url or TABGRID_URL.";
    return failed(EXIT.unreachable, `${message}\n${advice}`, { code: "unreachable", url: error.url });
  }
  if (error instanceof UnreadableAnswerError)
    return failed(EXIT.unreachable, message, { code: "no-coordinator" });
  if (error instanceof RefusedError)
    return failed(EXIT.refused, message, { code: error.code, ...error.problem });
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return failed(EXIT.internal, `This is a bug in tabgrid:\n${stack}`, { code: "internal", stack });
}

function failed(exitCode: ExitCode, text: string, facts: Readonly<Record<string, unknown>>): Failure {
  return { exitCode, text, json: { error: { exitCode, message: text, ...facts } } };
}
