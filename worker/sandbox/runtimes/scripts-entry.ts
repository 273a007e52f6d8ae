/** The runtimes `wasi` and `streaming`: programs made of commands. Python comes with the files when a script needs it. */
import type { Runtime, RuntimeOf } from "../../../protocol/runtime";
import type { RuntimeFiles } from "../slot-api";
import { programOfCommands, type Command } from "./commands";
import { nodeCommand } from "./node-script";
import { startPython } from "./pyodide";
import { pythonScripts } from "./python-script";
import type { LoadProgram, RuntimeModule } from "./runtime-module";
import { compileWasi, wasiCommand } from "./wasi";
import type { Program } from "../program";

type MakeCommand = (source: string, fileName: string) => Command;

async function openScripts(files: RuntimeFiles): Promise<LoadProgram> {
  const python = "pyodide.mjs" in files ? pythonScripts(await startPython(files)) : null;
  return (bytes, runtime) => load(bytes, runtime, python);
}

async function load(bytes: Uint8Array, runtime: Runtime, python: MakeCommand | null): Promise<Program> {
  if (runtime.name === "wasi") return loadWasi(bytes, runtime);
  if (runtime.name === "streaming") return loadStreaming(bytes, runtime, python);
  throw new Error(`The runtime ${runtime.name} is another one`);
}

async function loadWasi(bytes: Uint8Array, { map, combine, reduce }: RuntimeOf<"wasi">): Promise<Program> {
  const module = await compileWasi(bytes);
  const command = (parameters: readonly string[]) => wasiCommand(module, "program.wasm", parameters);
  return programOfCommands({
    map: command(map),
    combine: combine && command(combine),
    reduce: reduce && command(reduce),
    properties: {},
  });
}

/** What the coordinator stores of a streaming job: the scripts, ready to run. */
interface Scripts {
  readonly mapper: string;
  readonly combiner: string | null;
  readonly reducer: string | null;
}

function loadStreaming(
  bytes: Uint8Array,
  runtime: RuntimeOf<"streaming">,
  python: MakeCommand | null,
): Program {
  const scripts = JSON.parse(new TextDecoder().decode(bytes)) as Scripts;
  const { mapper, combiner, reducer, properties } = runtime;
  return programOfCommands({
    map: command(mapper, scripts.mapper),
    combine: combiner && scripts.combiner !== null ? command(combiner, scripts.combiner) : null,
    reduce: reducer && scripts.reducer !== null ? command(reducer, scripts.reducer) : null,
    properties,
  });

  function command({ language, fileName }: RuntimeOf<"streaming">["mapper"], source: string): Command {
    if (language === "js") return nodeCommand(source, fileName);
    if (!python) throw new Error("Python did not come along");
    return python(source, fileName);
  }
}

export const open: RuntimeModule["open"] = openScripts;
