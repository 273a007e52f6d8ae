/** Hands a job to the coordinator: once, however often it takes. */
import type * as z from "zod";
import type { SubmitJob } from "../protocol/job";
import type { Program } from "../protocol/runtime";
import { JobView } from "../protocol/views";
import type { Client } from "./client";

/** A submission as it is sent; what is left out has its default. */
export type Submission = z.input<typeof SubmitJob>;

/** A program that comes along, as it is sent. */
export type ProgramInput = z.input<typeof Program>;

export interface SubmitOptions {
  /** A repeated submission with the same key finds the job that the first one made. By default one that nobody else has. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal | undefined;
}

/** @throws {RefusedError} `program-invalid`, `invalid-input`, `idempotency-conflict`, `too-large`, … */
export function submitJob(
  client: Client,
  submission: Submission,
  { idempotencyKey = newKey(), signal }: SubmitOptions = {},
): Promise<JobView> {
  return client.json(
    {
      method: "POST",
      path: "/api/v1/jobs",
      json: submission,
      headers: { "idempotency-key": idempotencyKey },
      signal,
      // The key makes one job of all attempts.
      isRepeatable: true,
    },
    JobView,
  );
}

/** `crypto.randomUUID` is missing in pages without https. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `sdk-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
