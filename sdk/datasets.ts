/** Datasets: data that is uploaded once and read by as many jobs as one likes. */
import {
  BlockPage,
  DatasetPage,
  DatasetPath,
  type DatasetVersionView,
  DatasetView,
  VersionPage,
  type DatasetBlockView,
} from "../protocol/dataset";
import type { Client } from "./client";
import { following, type StreamEnd } from "./following";
import { importFrom, type ImportOptions, type ImportTerms } from "./import";
import type { Watching } from "./job-handle";
import { StreamBrokenError } from "./line-stream";
import { readPages } from "./pages";
import { upload, type UploadOptions, type UploadTerms } from "./upload";
import { sourceOf, type Uploadable, type UploadSource } from "./upload-source";

export interface WhichVersion extends Watching {
  /** The latest when left out. */
  readonly version?: number | undefined;
}

export interface Datasets {
  /**
   * Uploads the next version, in parts that go on where a connection broke.
   *
   * @param path `/user/name`; so in all below.
   * @param data With Node.js also a file, by its path or URL.
   * @returns The dataset, with that version as its latest, when it is complete and on the coordinator's disk.
   * @throws {RefusedError} `invalid-data` with the record, `too-large`, `quota-exceeded`, …
   */
  put(
    path: string,
    data: Uploadable | string | URL,
    options?: UploadTerms & UploadOptions,
  ): Promise<DatasetView>;
  /**
   * Has the coordinator fetch the next version from an address, at a host that its operator allows.
   *
   * @returns The version, when it is complete.
   * @throws {RefusedError} `url-host-refused`, `url-unreachable`, `data-invalid`, …
   */
  import(path: string, url: string | URL, options?: ImportTerms & ImportOptions): Promise<DatasetVersionView>;
  get(path: string, watching?: Watching): Promise<DatasetView>;
  version(path: string, which?: WhichVersion): Promise<DatasetVersionView>;
  /** In the order of their paths. @param query Only those whose path begins with `prefix`. */
  list(query?: { readonly prefix?: string } & Watching): AsyncGenerator<DatasetView, void>;
  /** Newest first. */
  versions(path: string, watching?: Watching): AsyncGenerator<DatasetVersionView, void>;
  blocks(path: string, which?: WhichVersion): AsyncGenerator<DatasetBlockView, void>;
  /** The bytes of one version, in chunks as they come; a connection that breaks is taken up where it was. */
  read(path: string, which?: WhichVersion): AsyncGenerator<Uint8Array, void>;
  /** One version, or all. Jobs that read it go on. */
  remove(path: string, which?: WhichVersion): Promise<void>;
}

/** Opens files by their paths, where there are any. */
export type FileOpener = (file: string | URL) => Promise<UploadSource>;

export const NO_FILES: FileOpener = (file) =>
  Promise.reject(
    new TypeError(`${String(file)} cannot be read in a browser: give a Blob, bytes, or a stream`),
  );

export function openDatasets(client: Client, openFile: FileOpener): Datasets {
  const version = (path: string, { version: number, signal }: WhichVersion = {}) =>
    number === undefined
      ? client.json({ path: placeOf(path), signal }, DatasetView).then(({ latest }) => latest)
      : client
          .json({ path: placeOf(path), query: { version: number }, signal }, DatasetView)
          .then(({ latest }) => latest);

  return {
    version,
    async put(path, data, { onProgress, signal, retries, ...terms } = {}) {
      placeOf(path);
      const isFile = typeof data === "string" || data instanceof URL;
      const source = isFile ? await openFile(data) : sourceOf(data);
      try {
        return await upload(client, path, source, terms, { onProgress, signal, ...(retries && { retries }) });
      } finally {
        await source.close();
      }
    },
    import: async (path, url, { onProgress, signal, ...terms } = {}) =>
      importFrom(client, placeOf(path), url, terms, { onProgress, signal }, (number) =>
        version(path, { version: number, signal }),
      ),
    get: (path, { signal } = {}) => client.json({ path: placeOf(path), signal }, DatasetView),
    list: ({ prefix, signal } = {}) =>
      readPages(
        client,
        { path: "/api/v1/datasets", query: { prefix }, signal },
        DatasetPage,
        (page) => page.datasets,
      ),
    versions: (path, { signal } = {}) =>
      readPages(client, { path: `${placeOf(path)}/versions`, signal }, VersionPage, (page) => page.versions),
    blocks: (path, { version: number, signal } = {}) =>
      readPages(
        client,
        { path: `${placeOf(path)}/blocks`, query: { version: number }, signal },
        BlockPage,
        (page) => page.blocks,
      ),
    async *read(path, which = {}) {
      const { version: number, bytes } = await version(path, which);
      yield* readBytes(client, { path: `${placeOf(path)}/content`, number, bytes, signal: which.signal });
    },
    async remove(path, { version: number, signal } = {}) {
      await client.open({ method: "DELETE", path: placeOf(path), query: { version: number }, signal });
    },
  };
}

interface Content {
  readonly path: string;
  readonly number: number;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
}

async function* readBytes(client: Client, { path, number, bytes, signal }: Content) {
  let offset = 0;
  const chunks = following(client, {
    request: () => ({
      path,
      query: { version: number },
      headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
      signal,
    }),
    read: (response, alive) => chunksOf(response, alive, () => offset >= bytes),
  });
  for await (const chunk of chunks) {
    offset += chunk.length;
    yield chunk;
  }
}

async function* chunksOf(
  { body }: Response,
  alive: () => void,
  isAll: () => boolean,
): AsyncGenerator<Uint8Array, StreamEnd> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const next = await reader?.read().catch((cause: unknown) => {
        throw new StreamBrokenError("The connection broke off", { cause });
      });
      if (!next || next.done) return isAll() ? "ended" : "broke";
      alive();
      yield next.value;
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

/** @throws {TypeError} If it is no dataset's path. */
function placeOf(path: string): string {
  if (DatasetPath.safeParse(path).success) return `/api/v1/datasets${path}`;
  throw new TypeError(`A dataset's path looks like /user/name; got ${JSON.stringify(path)}`);
}
