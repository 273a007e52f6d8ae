/** What a volunteer's device is, and what a job may require of it. */
import * as z from "zod";
import { LIMITS } from "./limits";

/** By what the engine does, not by what the browser says that it is. */
export const Engine = z.enum(["v8", "spidermonkey", "javascriptcore", "other"]);
export type Engine = z.infer<typeof Engine>;

export const WasmFeature = z.enum([
  "simd",
  "relaxed-simd",
  "bulk-memory",
  "exceptions",
  "tail-call",
  "gc",
  "memory64",
]);
export type WasmFeature = z.infer<typeof WasmFeature>;

const TAG_RULE = "must be 1 to 32 of a-z, 0-9 and -";
/** A word that a volunteer's owner chooses: a room, a course, a kind of machine. */
export const Tag = z.string().regex(/^[a-z0-9-]{1,32}$/, { error: TAG_RULE });

const wasm = z.array(WasmFeature).max(WasmFeature.options.length);
const tags = z.array(Tag).max(LIMITS.tags);

export const Device = z.object({
  /** As the browser tells it: rounded, and at most 8 in most; null when it does not. */
  memoryGb: z.number().positive().nullable(),
  engine: Engine,
  wasm,
  tags,
  /** A fingerprint of what the engine makes of floating-point functions: equal for engines that compute alike; null when it does not tell. */
  arithmetic: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable()
    .default(null),
});
export type Device = z.infer<typeof Device>;

/** Of a client that says nothing of its device. */
export const UNKNOWN_DEVICE: Device = {
  memoryGb: null,
  engine: "other",
  wasm: [],
  tags: [],
  arithmetic: null,
};

export const Requirements = z.strictObject({
  slots: z.int().min(1).max(LIMITS.slots).optional(),
  memoryGb: z.number().positive().max(1_024).optional(),
  engine: Engine.exclude(["other"]).optional(),
  wasm: wasm.optional(),
  tags: tags.optional(),
});
export type Requirements = z.infer<typeof Requirements>;
