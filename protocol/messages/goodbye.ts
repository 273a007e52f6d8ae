/** tab → coordinator: leaving now; everything held may be given to others. */
import * as z from "zod";

export const Goodbye = z.object({});
export type Goodbye = z.infer<typeof Goodbye>;
