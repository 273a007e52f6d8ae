/** A program as it is being written in the form, whatever its runtime, and how it becomes part of a submission. */
import type { Program, ScriptLanguage } from "../../protocol/runtime";
import type { ProgramRequest } from "./samples";
import { STARTERS } from "./starters";

export type RuntimeName = NonNullable<Program["runtime"]>;
type SourceRuntime = "js" | "ts" | "pando" | "python";

export interface ScriptDraft {
  language: ScriptLanguage;
  source: string;
}

/** What was typed for one runtime is kept while another one is looked at. */
export interface ProgramDraft {
  runtime: RuntimeName;
  source: string;
  /** Base64; empty until a file was chosen. */
  wasm: string;
  wasmName: string;
  /** What a WASI command is called with; a stage whose arguments are null does not run. */
  arguments: Readonly<Record<"map" | "combine" | "reduce", string | null>>;
  scripts: Readonly<Record<ScriptRole, ScriptDraft>>;
  /** One `name=value` a line. */
  properties: string;
}

export type ScriptRole = "mapper" | "combiner" | "reducer";

const EMPTY_SCRIPT: ScriptDraft = { language: "python", source: "" };

export const EMPTY_PROGRAM: ProgramDraft = {
  runtime: "js",
  source: STARTERS.js,
  wasm: "",
  wasmName: "",
  arguments: { map: "map", combine: null, reduce: null },
  scripts: {
    mapper: { language: "python", source: STARTERS.mapper },
    combiner: EMPTY_SCRIPT,
    reducer: { language: "python", source: STARTERS.reducer },
  },
  properties: "",
};

const isSourceRuntime = (runtime: RuntimeName): runtime is SourceRuntime =>
  ["js", "ts", "pando", "python"].includes(runtime);

/** Shows another runtime. A beginning that nobody changed gives way to the one of that runtime. */
export function withRuntime(draft: ProgramDraft, runtime: RuntimeName): ProgramDraft {
  const isUntouched = Object.values<string>(STARTERS).includes(draft.source);
  const source = isSourceRuntime(runtime) && isUntouched ? STARTERS[runtime] : draft.source;
  return { ...draft, runtime, source };
}

export function programFrom(draft: ProgramDraft): ProgramRequest {
  const { runtime, source, wasm, scripts, properties } = draft;
  switch (runtime) {
    case "js":
      return { source };
    case "ts":
    case "pando":
    case "python":
      return { runtime, source };
    case "wasm":
      return { runtime, wasm };
    case "wasi": {
      const { map, combine, reduce } = draft.arguments;
      return {
        runtime,
        wasm,
        map: words(map ?? ""),
        combine: combine === null ? null : words(combine),
        reduce: reduce === null ? null : words(reduce),
      };
    }
    case "streaming": {
      const { mapper, combiner, reducer } = scripts;
      return {
        runtime,
        mapper,
        ...(combiner.source.trim() !== "" && { combiner }),
        ...(reducer.source.trim() !== "" && { reducer }),
        properties: propertiesIn(properties),
      };
    }
  }
}

/** @param wasmName What to call the module that the program brings along. */
export function programDraftFrom(program: ProgramRequest, wasmName = "program.wasm"): ProgramDraft {
  switch (program.runtime) {
    case undefined:
    case "js":
    case "ts":
    case "pando":
    case "python":
      return { ...EMPTY_PROGRAM, runtime: program.runtime ?? "js", source: program.source };
    case "wasm":
      return { ...EMPTY_PROGRAM, runtime: "wasm", wasm: program.wasm, wasmName };
    case "wasi": {
      const { wasm, map = [], combine = null, reduce = null } = program;
      const typed = {
        map: map.join(" "),
        combine: combine?.join(" ") ?? null,
        reduce: reduce?.join(" ") ?? null,
      };
      return { ...EMPTY_PROGRAM, runtime: "wasi", wasm, wasmName, arguments: typed };
    }
    case "streaming": {
      const { mapper, combiner = EMPTY_SCRIPT, reducer = EMPTY_SCRIPT, properties = {} } = program;
      const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
      return {
        ...EMPTY_PROGRAM,
        runtime: "streaming",
        scripts: { mapper, combiner, reducer },
        properties: lines.join("\n"),
      };
    }
  }
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");

/** As they are written behind -D, with or without it. */
function propertiesIn(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", ...value] = line
        .trim()
        .replace(/^-D\s*/, "")
        .split("=");
      return [name, value.join("=")];
    }),
  );
}

/** A file's bytes, as a submission has them. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}
