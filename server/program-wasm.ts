/** Checks WebAssembly modules at submission: compiled, never run. */
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";

/** What a module of the runtime `wasm` may import, under the name `tabgrid`. */
export const WASM_IMPORTS = ["emit", "log", "progress", "random"];

/** @throws {GridError} `program-invalid`, `too-large`. */
export async function checkWasm(
  base64: string,
): Promise<{ bytes: Buffer; hasReduce: boolean; hasCombine: boolean }> {
  const { bytes, module } = await compiled(base64);
  const kinds = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  for (const [name, kind] of [
    ["memory", "memory"],
    ["alloc", "function"],
    ["map", "function"],
  ] as const) {
    if (kinds.get(name) !== kind)
      throw invalid(`A module must export a ${kind} named \`${name}\`; ${listed(kinds)}`);
  }
  if (kinds.has("split"))
    throw invalid(
      "A module of the runtime wasm cannot `split` its input: only programs in js, ts and python can",
    );
  for (const name of ["combine", "reduce", "reset"]) {
    const kind = kinds.get(name) ?? "function";
    if (kind !== "function") throw invalid(`\`${name}\` must be a function; got a ${kind}`);
  }
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === "tabgrid" && WASM_IMPORTS.includes(name)) continue;
    throw invalid(
      `A module may import ${WASM_IMPORTS.join(", ")} from "tabgrid"; it imports ${name} from "${from}"`,
    );
  }
  return { bytes, hasReduce: kinds.has("reduce"), hasCombine: kinds.has("combine") };
}

/** @throws {GridError} `program-invalid`, `too-large`. */
export async function checkWasi(base64: string): Promise<Buffer> {
  const { bytes, module } = await compiled(base64);
  const kinds = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  for (const [name, kind] of [
    ["memory", "memory"],
    ["_start", "function"],
  ] as const) {
    if (kinds.get(name) !== kind)
      throw invalid(`A WASI command must export a ${kind} named \`${name}\`; ${listed(kinds)}`);
  }
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === "wasi_snapshot_preview1") continue;
    throw invalid(
      `A WASI command may import from "wasi_snapshot_preview1" only; it imports ${name} from "${from}"`,
    );
  }
  return bytes;
}

async function compiled(base64: string): Promise<{ bytes: Buffer; module: WebAssembly.Module }> {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length > LIMITS.programBytes) {
    const rule = `A program may have ${LIMITS.programBytes} bytes (programBytes)`;
    throw new GridError("too-large", `${rule}; got ${bytes.length}`);
  }
  try {
    return { bytes, module: await WebAssembly.compile(bytes) };
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^WebAssembly\.\w+\(\): /, "") : String(error);
    throw new GridError("program-invalid", `This is no WebAssembly module: ${reason}`, {}, { cause: error });
  }
}

function listed(kinds: ReadonlyMap<string, string>): string {
  const names = [...kinds.keys()].slice(0, 10).map((name) => `\`${name}\``);
  return `this one exports ${names.length === 0 ? "nothing" : names.join(", ")}`;
}

const invalid = (message: string) => new GridError("program-invalid", message);
