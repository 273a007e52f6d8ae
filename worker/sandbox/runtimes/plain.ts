/** The runtimes that the harness has in itself: JavaScript, Pando modules, and WebAssembly with its small interface. */
import { readProgram } from "../program";
import { readService, type LoadService } from "../service";
import { importModule } from "./import-module";
import { readPando } from "./pando";
import type { LoadProgram } from "./runtime-module";
import { noteSource } from "./source-frames";
import { loadWasm } from "./wasm";

export const openPlain: LoadProgram = async (bytes, runtime) => {
  switch (runtime.name) {
    case "js":
      noteSource(bytes, runtime.fileName);
      return readProgram(await importModule(bytes));
    case "pando":
      noteSource(bytes, runtime.fileName);
      return readPando(await importModule(bytes));
    case "wasm":
      return loadWasm(bytes);
    default:
      throw new Error(`The runtime ${runtime.name} was not prepared`);
  }
};

/** Services are modules too. */
export const openPlainService: LoadService = async (bytes, runtime) => {
  if (runtime.name !== "js") throw new TypeError(`A service cannot be written in ${runtime.name}`);
  noteSource(bytes, runtime.fileName);
  return readService(await importModule(bytes));
};
