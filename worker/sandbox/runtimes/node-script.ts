/** Runs a script for Node.js once: its own input, its own global variables, its module imported anew. */
import { importModule } from "./import-module";
import { openProcess, ProcessExit } from "./node-process";
import { noteSource } from "./source-frames";
import type { Command } from "./commands";

/** @param code An ES module, as the coordinator makes it of the script. */
export function nodeCommand(code: string, scriptName: string): Command {
  const bytes = new TextEncoder().encode(code);
  return async (input, environment, context) => {
    const process = openProcess({ input, environment, scriptName, log: (line) => context.log(line) });
    noteSource(bytes, scriptName);
    const restore = replaceGlobals({ ...process.globals, tabgridModules: process.modules });
    try {
      await process.finish(importModule(bytes).catch(unlessExit));
      return process.output();
    } finally {
      restore();
    }
  };
}

function unlessExit(error: unknown): void {
  if (!(error instanceof ProcessExit)) throw error;
}

/** @returns How to put back what was there before. */
function replaceGlobals(globals: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(globals).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  };
}
