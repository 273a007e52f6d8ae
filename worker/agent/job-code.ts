/** Gets what a slot needs before it can run a job: the program, and the files of its runtime. All are blocks. */
import { RUNTIME_INDEX_URL, RuntimeIndex } from "../../protocol/runtime";
import { readerFilesOf, runtimeFilesOf } from "../../protocol/runtime-files";
import type { JobSpec } from "../../protocol/task";
import type { Web } from "./blocks-http";
import type { Cache } from "./cache";
import type { JobCode } from "./slot";

/** @throws {Error} When something of it cannot be fetched, or the coordinator does not have the runtime. */
export async function fetchCode(
  cache: Pick<Cache, "get">,
  readIndex: () => Promise<RuntimeIndex>,
  job: Pick<JobSpec, "program" | "runtime"> & Partial<Pick<JobSpec, "format" | "source">>,
): Promise<JobCode> {
  const { program, runtime } = job;
  const names = [...runtimeFilesOf(runtime), ...readerFilesOf(job)];
  const index = names.length === 0 ? {} : await readIndex();
  const [bytes, ...files] = await Promise.all([cache.get(program), ...names.map((name) => fileOf(name))]);
  return { program: bytes, files: Object.fromEntries(files) };

  async function fileOf(name: string): Promise<[string, Uint8Array]> {
    const digest = index[name];
    if (!digest) throw new Error(`The coordinator does not have ${name} of the runtime ${runtime.name}`);
    return [name, await cache.get(digest)];
  }
}

/** Asked for anew each time: a coordinator that was replaced has other files. */
export async function readRuntimeIndex({ fetch }: Pick<Web, "fetch">): Promise<RuntimeIndex> {
  const response = await fetch(RUNTIME_INDEX_URL, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${RUNTIME_INDEX_URL} was answered with ${response.status}`);
  return RuntimeIndex.parse(await response.json());
}
