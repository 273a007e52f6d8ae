/** The files of runtimes, where the build has left them: for runs without a coordinator. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { RuntimeIndex } from "../../protocol/runtime";
import { runtimeFilesOf } from "../../protocol/runtime-files";
import type { Runtime } from "../../protocol/runtime";
import { UsageError } from "../failures";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** @throws {UsageError} If nothing was built. */
export async function runtimeFiles(runtime: Runtime): Promise<Record<string, Uint8Array>> {
  const names = runtimeFilesOf(runtime);
  if (names.length === 0) return {};
  try {
    const index = RuntimeIndex.parse(
      JSON.parse(await readFile(path.join(root, "public/workers/runtimes.json"), "utf8")),
    );
    const read = (name: string) => readFile(path.join(root, "dist/runtimes", String(index[name])));
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await read(name)] as const)),
    );
  } catch (error) {
    throw new UsageError(
      `the files of the runtime ${runtime.name} are not there: run npm run build in ${root}`,
      {
        cause: error,
      },
    );
  }
}
