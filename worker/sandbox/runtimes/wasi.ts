/** Runs WASI commands (preview 1): each call is a new process, with its input as a file and its output as another. */
import { ConsoleStdout, File, OpenFile, WASI, WASIProcExit } from "@bjorn3/browser_wasi_shim";
import type { Context } from "../context";
import type { Command } from "./commands";

/** @throws {WebAssembly.CompileError} */
export function compileWasi(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes as BufferSource);
}

/** @param fileName What the program is told it is called. */
export function wasiCommand(
  module: WebAssembly.Module,
  fileName: string,
  parameters: readonly string[],
): Command {
  return (input, environment, context) => {
    const output: Uint8Array[] = [];
    const process = new WASI(
      [fileName, ...parameters],
      Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      [
        new OpenFile(new File(new TextEncoder().encode(input))),
        new ConsoleStdout((bytes) => void output.push(bytes)),
        ConsoleStdout.lineBuffered((line) => context.log(line)),
      ],
      { debug: false },
    );
    const imports = {
      ...process.wasiImport,
      random_get: (pointer: number, bytes: number) => fillByChance(instance, context, pointer, bytes),
    };
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
    const exitCode = start(process, instance);
    if (exitCode !== 0) throw new Error(`The command ended with exit code ${exitCode}`);
    return decoded(output);
  };
}

function start(process: WASI, instance: WebAssembly.Instance): number {
  try {
    // Its type asks for the two exports that were checked when the program was submitted.
    return process.start(instance as unknown as Parameters<WASI["start"]>[0]);
  } catch (error) {
    if (error instanceof WASIProcExit) return error.code;
    throw error;
  }
}

/** Chance is the same in every copy of a task, as for all programs. */
function fillByChance(
  instance: WebAssembly.Instance,
  context: Context,
  pointer: number,
  bytes: number,
): number {
  const { memory } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("The command must export its memory");
  const target = new Uint8Array(memory.buffer, pointer, bytes);
  for (let index = 0; index < bytes; index++) target[index] = context.random() * 256;
  return 0;
}

function decoded(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
