/** What `import … from "tabgrid"` gives with Node.js: programs may be files, and npm imports are bundled with them. */
import { fileURLToPath } from "node:url";
import { openClient, type ClientOptions } from "../client";
import { openGrid, type Grid } from "../grid";
import { openFileSource } from "./file-source";
import { readPipelineFile } from "./pipeline-file";
import { readMapFile, readProgramFile } from "./program-file";

/**
 * A grid, by its coordinator's address. Nothing is asked of it yet.
 *
 * @throws {TypeError} If the address is not one of http or https.
 */
export function connect(address: string | URL, options?: ClientOptions): Grid {
  const modules = {
    program: (file: string | URL) => readProgramFile(pathOf(file)),
    mapping: (file: string | URL) => readMapFile(pathOf(file)),
    pipeline: (file: string | URL) => readPipelineFile(pathOf(file)),
  };
  return openGrid(openClient(address, options), modules, (file) => openFileSource(pathOf(file)));
}

/** Paths are from the current folder; `new URL("./f.js", import.meta.url)` is from the module that says it. */
function pathOf(file: string | URL): string {
  return file instanceof URL || file.startsWith("file:") ? fileURLToPath(file) : file;
}

export { ProgramFileError } from "./program-file-error";
export {
  JobFailedError,
  PipelineFailedError,
  range,
  RefusedError,
  UnreachableError,
  UnreadableAnswerError,
} from "../tabgrid";
export type * from "../tabgrid";
