/** Runs WASI commands (preview 1): each call is a new process, with its input as a file and its output as another. */
import { ConsoleStdout, File, OpenFile, WASI, WASIProcExit } from "@bjorn3/browser_wasi_shim";
import type { Context } from "../context";
import type { Command } from "./commands";
import { openBudget } from "./output-budget";

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
    const budget = openBudget();
    const bytes = new TextEncoder().encode(input);
    const stdin = new OpenFile(new File(bytes));
    const process = new WASI(
      [fileName, ...parameters],
      Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      [
        stdin,
        new ConsoleStdout((written) => {
          budget.take(written.length);
          output.push(written);
        }),
        ConsoleStdout.lineBuffered((line) => context.log(line)),
      ],
      { debug: false },
    );
    const imports = {
      ...process.wasiImport,
      random_get: (pointer: number, bytes: number) => fillByChance(instance, context, pointer, bytes),
    };
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
    const exitCode = start(process, instance, () => whereIn(bytes, stdin.file_pos));
    if (exitCode !== 0)
      throw new Error(`The command ended with exit code ${exitCode}, ${whereIn(bytes, stdin.file_pos)}`);
    return decoded(output);
  };
}

/** @param where How far it came, for the message of a trap. */
function start(process: WASI, instance: WebAssembly.Instance, where: () => string): number {
  try {
    // Its type asks for the two exports that were checked when the program was submitted.
    return process.start(instance as unknown as Parameters<WASI["start"]>[0]);
  } catch (error) {
    if (error instanceof WASIProcExit) return error.code;
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    const placed = new WebAssembly.RuntimeError(`${error.message}, ${where()}`);
    if (error.stack !== undefined) placed.stack = error.stack;
    throw placed;
  }
}

const NEWLINE = 10;

/** A command reads its records by itself: nearer than what it has read nobody knows where it was. */
function whereIn(input: Uint8Array, position: bigint): string {
  const linesIn = (bytes: Uint8Array) => bytes.reduce((lines, byte) => lines + Number(byte === NEWLINE), 0);
  return `when it had read ${linesIn(input.subarray(0, Number(position)))} of its ${linesIn(input)} lines`;
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
