/**
 * Starts Python: Pyodide, from the files that came along, without a network.
 *
 * Pyodide fetches its parts. In the sandbox there is nothing to fetch from, so for as long as it starts, `fetch`
 * answers from the files; its addresses name a host that cannot exist.
 */
import type { PyodideAPI } from "pyodide";
import type { RuntimeFiles } from "../slot-api";
import { importModule } from "./import-module";

export type Python = PyodideAPI;

interface Loader {
  loadPyodide(options: object): Promise<PyodideAPI>;
}

const NOWHERE = "https://pyodide.invalid/";

export async function startPython(files: RuntimeFiles): Promise<Python> {
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
    importModule<Loader>(fileOf(files, "pyodide.mjs")),
    importModule<{ default: unknown }>(fileOf(files, "pyodide.asm.mjs")),
  ]);
  const scope: { fetch?: unknown } = self;
  scope.fetch = (address: string | URL | Request) => answerFrom(files, address);
  try {
    return await loadPyodide({
      indexURL: NOWHERE,
      packageBaseUrl: NOWHERE,
      stdLibURL: `${NOWHERE}python_stdlib.zip`,
      createPyodideModule,
      lockFileContents: JSON.parse(new TextDecoder().decode(fileOf(files, "pyodide-lock.json"))) as unknown,
      checkAPIVersion: false,
      // Sets must have the same order in every copy of a task.
      env: { PYTHONHASHSEED: "0", HOME: "/home/pyodide" },
    });
  } finally {
    delete scope.fetch;
  }
}

function answerFrom(files: RuntimeFiles, address: string | URL | Request): Promise<Response> {
  const url = address instanceof Request ? address.url : String(address);
  const bytes = fileOf(files, url.split("/").at(-1) ?? "");
  const type = url.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return Promise.resolve(new Response(bytes as BodyInit, { headers: { "content-type": type } }));
}

function fileOf(files: RuntimeFiles, name: string): Uint8Array {
  const bytes = files[name];
  if (!bytes) throw new Error(`${name} did not come along`);
  return bytes;
}

/** What Python raised, as an error whose name, message and stack are Python's own. */
export function pythonError(thrown: unknown, fileName: string): unknown {
  if (!(thrown instanceof Error) || thrown.name !== "PythonError") return thrown;
  const lines = thrown.message.trimEnd().split("\n");
  const lastFrame = lines.findLastIndex((line) => line.startsWith("  "));
  const [first = "", ...more] = lines.slice(lastFrame + 1);
  const [, type = "Error", text = first] =
    /^([\w.]+)(?:: ([\s\S]*))?$/.exec([first, ...more].join("\n")) ?? [];
  const error = new Error(text === first ? "" : text);
  error.name = type;
  const frames = ownFrames(lines.slice(0, lastFrame + 1), fileName);
  error.stack = ["Traceback (most recent call last):", ...frames, first].join("\n");
  return error;
}

/** A frame is a line that names a file, and the lines of code below it. */
function ownFrames(lines: readonly string[], fileName: string): string[] {
  let isOwn = false;
  return lines.filter((line) => {
    const [, file] = /^ {2}File "([^"]*)"/.exec(line) ?? [];
    if (file !== undefined) isOwn = file === fileName;
    return isOwn && line.startsWith("  ");
  });
}
