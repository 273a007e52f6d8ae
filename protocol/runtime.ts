/**
 * In what a program is written, and how it is run: what a submitter says of it, and what a tab is told.
 *
 *   js          an ES module                          ts          the same in TypeScript, made js at submission
 *   pando       a CommonJS module for Pando           python      functions in Python, run by Pyodide
 *   wasm        a module with a small interface       wasi        a command: lines in, lines out
 *   streaming   scripts of Hadoop Streaming: lines in, lines out, in Python or JavaScript
 */
import * as z from "zod";
import { Digest } from "./ids";
import { LIMITS } from "./limits";

const Source = z.string().min(1, { error: "must not be empty" });

/** Base64 of the module's bytes. */
const Wasm = z
  .base64({ error: "must be the module's bytes as Base64" })
  .min(1, { error: "must not be empty" })
  .meta({ description: "The module's bytes as Base64." });

const FILE_NAME_RULE = "must be a file's name of at most 200 characters";
const FileName = z
  .string({ error: FILE_NAME_RULE })
  .regex(/^[^\n\r:()]{1,200}$/, { error: FILE_NAME_RULE })
  .meta({ description: "What errors call the source." });

const SourceProgram = z.strictObject({
  runtime: z.enum(["js", "ts", "pando", "python"]).optional().meta({
    description: "js when it is left out.",
  }),
  source: Source.meta({
    description:
      "A program that has `map`, and optionally `combine` and `reduce`, or `aggregate`. For js, an ES module.",
  }),
  fileName: FileName.optional(),
});

const WasmProgram = z.strictObject({ runtime: z.literal("wasm"), wasm: Wasm });

const Arguments = z.array(z.string().max(1_000)).max(100);

const WasiProgram = z.strictObject({
  runtime: z.literal("wasi"),
  wasm: Wasm,
  map: Arguments.default([]).meta({ description: "What the command is called with to map." }),
  combine: Arguments.nullable().default(null).meta({ description: "To combine; null when it does not." }),
  reduce: Arguments.nullable().default(null).meta({ description: "To reduce; null when it does not." }),
});

export const ScriptLanguage = z.enum(["python", "js"]);
export type ScriptLanguage = z.infer<typeof ScriptLanguage>;

const Script = z.strictObject({ language: ScriptLanguage, source: Source, fileName: FileName.optional() });
export type Script = z.infer<typeof Script>;

const Properties = z
  .record(z.string().regex(/^[\w.-]{1,200}$/), z.string().max(1_000))
  .refine((properties) => Object.keys(properties).length <= LIMITS.properties, {
    error: `may have at most ${LIMITS.properties} entries`,
  });

const StreamingProgram = z.strictObject({
  runtime: z.literal("streaming"),
  mapper: Script,
  combiner: Script.optional(),
  reducer: Script.optional(),
  properties: Properties.default({}).meta({ description: "What Hadoop is given with -D." }),
});
export type StreamingProgram = z.infer<typeof StreamingProgram>;

export const Program = z.discriminatedUnion(
  "runtime",
  [SourceProgram, WasmProgram, WasiProgram, StreamingProgram],
  { error: "runtime must be one of js, ts, pando, python, wasm, wasi, streaming" },
);
export type Program = z.infer<typeof Program>;

/** How a tab runs the bytes of a job's program. */
export const Runtime = z.discriminatedUnion("name", [
  z.object({ name: z.literal("js"), fileName: z.string() }),
  z.object({ name: z.literal("pando"), fileName: z.string() }),
  z.object({ name: z.literal("python"), fileName: z.string() }),
  z.object({ name: z.literal("wasm") }),
  z.object({
    name: z.literal("wasi"),
    map: Arguments,
    combine: Arguments.nullable(),
    reduce: Arguments.nullable(),
  }),
  z.object({
    name: z.literal("streaming"),
    mapper: z.object({ language: ScriptLanguage, fileName: z.string() }),
    combiner: z.object({ language: ScriptLanguage, fileName: z.string() }).nullable(),
    reducer: z.object({ language: ScriptLanguage, fileName: z.string() }).nullable(),
    properties: Properties,
  }),
]);
export type Runtime = z.infer<typeof Runtime>;
export type RuntimeOf<Name extends Runtime["name"]> = Extract<Runtime, { name: Name }>;

export const PLAIN_JS: Runtime = { name: "js", fileName: "program.js" };

/** Where a tab learns the digests of the files of runtimes; they are served as blocks. */
export const RUNTIME_INDEX_URL = "/workers/runtimes.json";
export const RuntimeIndex = z.record(z.string(), Digest);
export type RuntimeIndex = z.infer<typeof RuntimeIndex>;
