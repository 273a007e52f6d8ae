/**
 * The names of things. Each is branded, so that a job's id cannot be passed
 * where a volunteer's is wanted; a brand is only made by parsing.
 */
import * as z from "zod";

export const JobId = z
  .string()
  .regex(/^job_[0-9a-z]{16}$/, "must look like job_0123456789abcdef")
  .brand<"JobId">();
export type JobId = z.infer<typeof JobId>;

/** Public name of a volunteer: derived from the secret token in its browser, which it does not reveal. */
export const VolunteerId = z
  .string()
  .regex(/^v_[0-9a-f]{16}$/)
  .brand<"VolunteerId">();
export type VolunteerId = z.infer<typeof VolunteerId>;

/** Public name of an account: what links the volunteers of one person. Says nothing of its key. */
export const AccountId = z
  .string()
  .regex(/^a_[0-9a-f]{16}$/, "must look like a_0123456789abcdef")
  .brand<"AccountId">();
export type AccountId = z.infer<typeof AccountId>;

/** SHA-256 of some bytes, as 64 lower-case hexadecimal digits. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits (SHA-256)")
  .brand<"Digest">();
export type Digest = z.infer<typeof Digest>;

/** An instant, in milliseconds since 1970-01-01 UTC. */
export const EpochMs = z.number().nonnegative().brand<"EpochMs">();
export type EpochMs = z.infer<typeof EpochMs>;

export function after(instant: EpochMs, durationMs: number): EpochMs {
  return (instant + durationMs) as EpochMs;
}

/** The stages of a job that are cut into tasks. */
export const StageName = z.enum(["split", "sample", "map", "merge", "reduce"]);
export type StageName = z.infer<typeof StageName>;

/**
 * Which task: `job_…/map/17`. The number is the task's place in its stage, from 0. A pack, several tasks in a row that
 * are handed over as one, has the first one's name and how many there are: `job_…/map/17+40`.
 */
export const TaskId = z
  .string()
  .regex(
    /^job_[0-9a-z]{16}\/(split|sample|map|merge|reduce)\/(0|[1-9]\d{0,8})(\+([2-9]|[1-9]\d{1,3}))?$/,
    "must look like job_…/map/17, or job_…/map/17+40",
  )
  .brand<"TaskId">();
export type TaskId = z.infer<typeof TaskId>;

export { taskIdOf, taskIdParts, type TaskIdParts } from "./task-name";
