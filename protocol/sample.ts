/** A sample job as its folder in examples/ describes it: a submission, with files in place of what is in them. */
import * as z from "zod";
import { ScriptLanguage } from "./runtime";

export const SampleScript = z.object({ language: ScriptLanguage, file: z.string() });

/** Like a submission's program, with files in place of what is in them. A name alone is JavaScript. */
const SampleProgram = z.union([
  z.string().transform((file) => ({ runtime: "js" as const, file })),
  z.discriminatedUnion("runtime", [
    z.object({ runtime: z.enum(["js", "ts", "pando", "python"]), file: z.string() }),
    z.object({ runtime: z.literal("wasm"), file: z.string() }),
    z.object({
      runtime: z.literal("wasi"),
      file: z.string(),
      map: z.array(z.string()).default([]),
      combine: z.array(z.string()).nullable().default(null),
      reduce: z.array(z.string()).nullable().default(null),
    }),
    z.object({
      runtime: z.literal("streaming"),
      mapper: SampleScript,
      combiner: SampleScript.optional(),
      reducer: SampleScript.optional(),
      properties: z.record(z.string(), z.string()).default({}),
    }),
  ]),
]);

export const Sample = z.object({
  /** Place in the gallery. */
  order: z.number().default(100),
  /** The folder's name. */
  name: z.string(),
  title: z.string(),
  description: z.string(),
  source: z.string(),
  licence: z.string(),
  options: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  input: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("text"), file: z.string() }),
    z.object({ kind: z.literal("items"), items: z.array(z.json()) }),
    z.object({
      kind: z.literal("range"),
      start: z.number().default(0),
      end: z.number(),
      step: z.number().default(1),
    }),
  ]),
  program: SampleProgram,
  config: z.json().default(null),
});
export type Sample = z.infer<typeof Sample>;
