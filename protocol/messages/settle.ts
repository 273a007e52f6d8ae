/** coordinator → tab: the word on outputs that were answered `hold`. */
import * as z from "zod";
import { TaskId } from "../ids";
import { Answer } from "./report";

export const Settle = z.object({ answers: z.array(z.object({ taskId: TaskId, answer: Answer })) });
export type Settle = z.infer<typeof Settle>;
