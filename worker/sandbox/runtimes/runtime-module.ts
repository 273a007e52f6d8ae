/** What a runtime is to the harness, which imports it as a module of its own when a job needs it. */
import type { Runtime } from "../../../protocol/runtime";
import type { Program } from "../program";
import type { ReadRows } from "../records";
import type { LoadService } from "../service";
import type { RuntimeFiles } from "../slot-api";

/** @throws What the submitter gets to read when the program cannot be loaded. */
export type LoadProgram = (bytes: Uint8Array, runtime: Runtime) => Promise<Program>;

export interface RuntimeModule {
  /** @param files All that `runtimeFilesOf` names, by name. */
  open(files: RuntimeFiles): Promise<LoadProgram>;
  /** Of a runtime in which services can be written. */
  openService?(files: RuntimeFiles): Promise<LoadService>;
}

/** What reads records that the slot itself cannot. */
export interface ReaderModule {
  rows: ReadRows;
}
