/** coordinator → tab: end that instance now. It has nothing left to answer. */
import * as z from "zod";
import { InstanceId } from "../service";

export const StopInstance = z.object({ instanceId: InstanceId });
export type StopInstance = z.infer<typeof StopInstance>;
