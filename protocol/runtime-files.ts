/** Which files each runtime consists of. Apart from runtime.ts, because slots have no zod. */
import type { Runtime } from "./runtime";
import type { JobSpec } from "./task";

const PYODIDE_FILES = [
  ...["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"],
  ...["python_stdlib.zip", "pyodide-lock.json"],
] as const;

/** The files that a slot needs before it can load a program; the first of them is the one that opens the runtime. */
export function runtimeFilesOf(runtime: Runtime): readonly string[] {
  switch (runtime.name) {
    case "js":
    case "pando":
    case "wasm":
      return [];
    case "python":
      return ["python.js", ...PYODIDE_FILES];
    case "wasi":
      return ["scripts.js"];
    case "streaming": {
      const { mapper, combiner, reducer } = runtime;
      const isPython = [mapper, combiner, reducer].some((script) => script?.language === "python");
      return ["scripts.js", ...(isPython ? PYODIDE_FILES : [])];
    }
  }
}

/** Reads rows of Parquet files in a slot. */
export const PARQUET_READER = "parquet.js";

/** The files that a slot needs beside those of the runtime, to read the records of a job. */
export function readerFilesOf({
  format,
  source,
}: Partial<Pick<JobSpec, "format" | "source">>): readonly string[] {
  return format?.type === "parquet" || source?.type === "parquet" ? [PARQUET_READER] : [];
}
