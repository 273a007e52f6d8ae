/** coordinator → tab: run one copy of each of these tasks. */
import * as z from "zod";
import { LIMITS } from "../limits";
import { AssignedTask, JobSpec } from "../task";

export const Assign = z.object({
  /** Jobs this connection has not been told of before. */
  jobs: z.array(JobSpec),
  tasks: z.array(AssignedTask).max(LIMITS.batch),
});
export type Assign = z.infer<typeof Assign>;
