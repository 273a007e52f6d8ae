/** From a program as it was submitted to what is stored and run, whatever its runtime. */
import type { Program, Runtime, Script, StreamingProgram } from "../protocol/runtime";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import { unreachable } from "../protocol/unreachable";
import { checkProgram, checkService } from "./program";
import { compileScript, compileTypeScript } from "./program-compile";
import { checkPython, checkPythonService } from "./program-python";
import { checkProperties } from "./program-streaming";
import { checkWasi, checkWasm } from "./program-wasm";

export interface PreparedProgram {
  /** What becomes the program's block. */
  readonly bytes: Buffer;
  readonly runtime: Runtime;
  readonly hasReduce: boolean;
  /** True when it has a `combine` that can be called on runs. */
  readonly hasCombine: boolean;
  /** Whether it makes the items of its tasks itself; absent where programs cannot. */
  readonly hasSplit?: boolean;
  /** When the program itself says how many reduce tasks there are. */
  readonly reducers?: number;
  /** What it exports as `classes`, where that can be seen in the source. */
  readonly classNames?: readonly string[] | null;
}

/** @throws {GridError} `program-invalid`, with line and column when they are known; `too-large`. */
export async function prepareProgram(program: Program): Promise<PreparedProgram> {
  switch (program.runtime) {
    case undefined:
    case "js": {
      const { hasReduce, hasCombine, hasSplit, classNames } = checkProgram(program.source);
      const runtime = { name: "js", fileName: program.fileName ?? "program.js" } as const;
      return { bytes: Buffer.from(program.source), runtime, hasReduce, hasCombine, hasSplit, classNames };
    }
    case "ts": {
      checkSize(program.source);
      const fileName = program.fileName ?? "program.ts";
      const code = await compileTypeScript(program.source, fileName);
      const { hasReduce, hasCombine, hasSplit, classNames } = checkProgram(code);
      const runtime = { name: "js", fileName: "program.js" } as const;
      return { bytes: Buffer.from(code), runtime, hasReduce, hasCombine, hasSplit, classNames };
    }
    case "pando":
      return preparePando(program.source, program.fileName ?? "program.js");
    case "python": {
      checkSize(program.source);
      const { hasReduce, hasCombine, hasSplit } = checkPython(program.source);
      const runtime = { name: "python", fileName: program.fileName ?? "program.py" } as const;
      return { bytes: Buffer.from(program.source), runtime, hasReduce, hasCombine, hasSplit };
    }
    case "wasm": {
      const { bytes, hasReduce, hasCombine } = await checkWasm(program.wasm);
      return { bytes, runtime: { name: "wasm" }, hasReduce, hasCombine };
    }
    case "wasi": {
      const { map, combine, reduce } = program;
      const bytes = await checkWasi(program.wasm);
      const hasReduce = reduce !== null;
      // A command combines lines as it maps them.
      return { bytes, runtime: { name: "wasi", map, combine, reduce }, hasReduce, hasCombine: false };
    }
    case "streaming":
      return prepareStreaming(program);
    default:
      return unreachable(program);
  }
}

/**
 * The same for a program that is to answer requests.
 * @throws {GridError} `program-invalid`, with line and column when they are known; `too-large`.
 */
export async function prepareService(program: Program): Promise<PreparedProgram> {
  switch (program.runtime) {
    case undefined:
    case "js": {
      const { classNames } = checkService(program.source);
      const runtime = { name: "js", fileName: program.fileName ?? "program.js" } as const;
      return { bytes: Buffer.from(program.source), runtime, hasReduce: false, hasCombine: false, classNames };
    }
    case "ts": {
      checkSize(program.source);
      const code = await compileTypeScript(program.source, program.fileName ?? "program.ts");
      const { classNames } = checkService(code);
      const runtime = { name: "js", fileName: "program.js" } as const;
      return { bytes: Buffer.from(code), runtime, hasReduce: false, hasCombine: false, classNames };
    }
    case "python": {
      checkSize(program.source);
      checkPythonService(program.source);
      const runtime = { name: "python", fileName: program.fileName ?? "program.py" } as const;
      return { bytes: Buffer.from(program.source), runtime, hasReduce: false, hasCombine: false };
    }
    case "pando":
    case "wasm":
    case "wasi":
    case "streaming":
      throw new GridError(
        "program-invalid",
        `A service is written in js, ts or python; got ${program.runtime}, which runs as a batch program`,
      );
    default:
      return unreachable(program);
  }
}

const PANDO_EXPORT = "/pando/1.0.0";

async function preparePando(source: string, fileName: string): Promise<PreparedProgram> {
  checkSize(source);
  if (!source.includes(PANDO_EXPORT)) {
    const rule = `A Pando module must export a function (x, callback) under the name '${PANDO_EXPORT}'`;
    throw new GridError("program-invalid", `${rule}; this one does not have that name`, {
      line: 1,
      column: 1,
    });
  }
  const code = await compileScript(source, fileName, { offers: "nothing" });
  return {
    bytes: Buffer.from(code),
    runtime: { name: "pando", fileName },
    hasReduce: false,
    hasCombine: false,
  };
}

async function prepareStreaming(program: StreamingProgram): Promise<PreparedProgram> {
  const { mapper, combiner, reducer, properties } = program;
  const reducers = checkProperties(properties);
  const hasReduce = reducer !== undefined && reducers !== 0;
  const code = {
    mapper: await compiledScript(mapper, "mapper"),
    combiner: combiner ? await compiledScript(combiner, "combiner") : null,
    reducer: reducer ? await compiledScript(reducer, "reducer") : null,
  };
  const runtime: Runtime = {
    name: "streaming",
    mapper: namedScript(mapper, "mapper"),
    combiner: combiner ? namedScript(combiner, "combiner") : null,
    reducer: reducer ? namedScript(reducer, "reducer") : null,
    properties,
  };
  const bytes = Buffer.from(JSON.stringify(code));
  const shape = { hasReduce, hasCombine: false };
  return { bytes, runtime, ...shape, ...(hasReduce && reducers !== null && { reducers }) };
}

async function compiledScript(script: Script, role: string): Promise<string> {
  checkSize(script.source);
  if (script.language === "python") return script.source;
  return compileScript(script.source, namedScript(script, role).fileName, { offers: "node" });
}

function namedScript({ language, fileName }: Script, role: string) {
  return { language, fileName: fileName ?? `${role}.${language === "python" ? "py" : "js"}` };
}

function checkSize(source: string): void {
  const byteCount = Buffer.byteLength(source);
  if (byteCount <= LIMITS.programBytes) return;
  const rule = `A program may have ${LIMITS.programBytes} bytes (programBytes)`;
  throw new GridError("too-large", `${rule}; got ${byteCount}`);
}
