/** A program from a file, of whatever language; modules with all that they import. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ProgramInput } from "../submit";
import { bundleModule, type BundledModule } from "./bundle";
import { ProgramFileError } from "./program-file-error";

export const PROGRAM_RUNTIMES = ["js", "ts", "python", "wasm", "wasi", "pando"] as const;
export type ProgramRuntime = (typeof PROGRAM_RUNTIMES)[number];

export interface ProgramFileOptions {
  /** When the file's name does not say. */
  readonly runtime?: ProgramRuntime;
  /** What a WASI command is called with. */
  readonly map?: string[];
  readonly combine?: string[];
  readonly reduce?: string[];
}

/** @throws {ProgramFileError} If it cannot be read, bundled, or is of no language that there is a runtime for. */
export async function readProgramFile(file: string, options: ProgramFileOptions = {}): Promise<ProgramInput> {
  const bytes = await readBytes(file);
  const runtime = options.runtime ?? runtimeOf(file, bytes);
  const fileName = path.basename(file);
  switch (runtime) {
    case "js":
    case "ts":
      return programOf(await bundleModule({ file }));
    case "python":
    case "pando":
      return { runtime, source: bytes.toString("utf8"), fileName };
    case "wasm":
      return { runtime, wasm: bytes.toString("base64") };
    case "wasi": {
      const { map, combine, reduce } = options;
      return {
        runtime,
        wasm: bytes.toString("base64"),
        ...(map && { map }),
        ...(combine && { combine }),
        ...(reduce && { reduce }),
      };
    }
  }
}

const programOf = ({ source, fileName }: BundledModule): ProgramInput => ({ runtime: "js", source, fileName });

/**
 * A program whose result has one record for each item: a module's default export is called with the item, and what it
 * returns is the record; one that has `map`, and programs of other languages, are as they are.
 * @throws {ProgramFileError}
 */
export async function readMapFile(file: string, options: ProgramFileOptions = {}): Promise<ProgramInput> {
  const runtime = options.runtime ?? runtimeOf(file, await readBytes(file));
  if (runtime !== "js" && runtime !== "ts") return readProgramFile(file, { ...options, runtime });
  const module = await bundleModule({ file });
  if (module.exports.includes("map")) return programOf(module);
  if (!module.exports.includes("default")) {
    const found = module.exports.length > 0 ? module.exports.join(", ") : "nothing";
    throw new ProgramFileError(
      `${file} must export a function of an item as default, or map; it exports ${found}`,
    );
  }
  const text = mapOfDefault(path.resolve(file));
  return programOf(await bundleModule({ text, fileName: `map-of-${path.basename(file)}` }));
}

/** One record for each item, also where the function returns nothing. */
const mapOfDefault = (file: string) => `import fn from ${JSON.stringify(file)};
if (typeof fn !== "function") throw new TypeError("The default export must be a function; got " + typeof fn);
export function map(item, context) {
  const result = fn(item, context);
  if (typeof result?.then === "function") return result.then((value) => value ?? null);
  return result ?? null;
}
`;

/** A script of Hadoop Streaming. @throws {ProgramFileError} */
export async function readScript(file: string) {
  const language = /\.py$/i.test(file) ? "python" : /\.[cm]?js$/i.test(file) ? "js" : null;
  if (language === null)
    throw new ProgramFileError(`${file} must be a script of Python (.py) or JavaScript (.js)`);
  const source = (await readBytes(file)).toString("utf8");
  return { language, source, fileName: path.basename(file) } as const;
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw ProgramFileError.unreadable(file, error);
  }
}

/** Pando's modules are known by what they export, as Pando itself knows them. */
function runtimeOf(file: string, bytes: Buffer): ProgramRuntime {
  const extension = path.extname(file).toLowerCase();
  if (/^\.[cm]?tsx?$/.test(extension)) return "ts";
  if (/^\.[cm]?jsx?$/.test(extension)) return bytes.includes("/pando/1.0.0") ? "pando" : "js";
  if (extension === ".py") return "python";
  if (extension === ".wasm") return bytes.includes("wasi_snapshot_preview1") ? "wasi" : "wasm";
  throw new ProgramFileError(
    `${file} must be .js, .ts, .py or .wasm, or its runtime be named: one of ${PROGRAM_RUNTIMES.join(", ")}`,
  );
}
