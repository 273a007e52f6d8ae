import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { DatasetPath } from "../../protocol/dataset";
import { LIMITS } from "../../protocol/limits";
import { listen } from "../../testing/listen";
import { openTestStore, type TestStore } from "../../testing/open-store";
import { serveDatasets } from "./dataset-routes";
import type { UploadTerms } from "./dataset-rows";
import type { Quotas } from "./room";

const BLOCK = LIMITS.minDatasetBlockBytes;
const QUOTA = 16 * BLOCK;
const NO_LIMIT = { bytesPerUser: Infinity, bytesInAll: Infinity };
const TERMS: UploadTerms = {
  format: { type: "lines" },
  options: { blockBytes: BLOCK },
  ...{ sentDigest: null, sentBytes: null, isGzip: false },
};
const pathOf = (path: string) => DatasetPath.parse(path);
let seed = 0;
/** Lines of 64 bytes; no two of these are the same. */
const lines = (bytes: number) =>
  Buffer.from(
    Array.from({ length: bytes / 64 }, () => `${String((seed += 1)).padStart(63, "x")}\n`).join(""),
  );

let store: TestStore;
let server: Awaited<ReturnType<typeof listen>>;

async function open(quotas: Partial<Quotas>): Promise<void> {
  store = await openTestStore({ quotas: { ...NO_LIMIT, ...quotas } });
  const serve = serveDatasets(store.datasets, store.datasetBlocks, store.imports);
  server = await listen((request, response) => void serve(request, response));
}
afterEach(async () => {
  await server.close();
  await store.close();
});

const put = async (path: string, body: BodyInit) => {
  const response = await fetch(`${server.origin}/api/v1/datasets${path}?blockBytes=${BLOCK}`, {
    ...{ method: "PUT", body, duplex: "half" },
  } as RequestInit);
  const { detail } = (await response.json()) as { detail?: string };
  return { status: response.status, detail };
};
/** Without a length: in chunks. */
const chunked = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();

async function storedBytes({ datasetBlocks } = store): Promise<number> {
  let sum = 0;
  for await (const digest of datasetBlocks.list()) sum += (await datasetBlocks.read(digest)).length;
  return sum;
}

describe("a quota", () => {
  it("[DA19] holds for two that come at once, however far each was when the other ended", async () => {
    await open({ bytesPerUser: QUOTA });
    const both = await Promise.all(["/ada/a", "/ada/b"].map((path) => put(path, lines((3 * QUOTA) / 4))));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 507]);
    await store.datasets.remove(pathOf(both[0]?.status === 201 ? "/ada/a" : "/ada/b"), null);

    const first = await store.datasets.begin(pathOf("/ada/c"), TERMS);
    const second = await store.datasets.begin(pathOf("/ada/d"), TERMS);
    await first.take(lines(QUOTA / 2));
    await second.take(lines(QUOTA / 2));
    await store.datasets.complete(first);
    await expect(second.take(lines(64))).rejects.toMatchObject({ code: "quota-exceeded" });
    await store.datasets.giveUp(second);
    expect((await put("/ada/e", lines(QUOTA / 2))).status).toBe(201);
    expect((await put("/ada/f", lines(64))).status).toBe(507);
  });

  it("[DA20] is noticed when bytes in chunks, or unpacked ones, grow beyond it; nothing of them stays", async () => {
    await open({ bytesPerUser: QUOTA });
    const grown = { status: 507, detail: expect.stringContaining(`/ada may have ${QUOTA} bytes`) as string };
    expect(await put("/ada/chunked", chunked(lines(QUOTA + 64)))).toEqual(grown);
    const packed = gzipSync(lines(2 * QUOTA));
    expect(packed.length).toBeLessThan(QUOTA);
    expect(await put("/ada/packed", packed)).toEqual(grown);
    await store.datasets.free();
    expect(await storedBytes()).toBe(0);
    expect((await put("/ada/right", chunked(lines(QUOTA)))).status).toBe(201);
  });

  it("[DA21] counts what came of uploads, in memory or not and after a restart, until they end", async () => {
    await open({ bytesPerUser: QUOTA });
    const path = pathOf("/ada/parts");
    const terms = { ...TERMS, options: { blockBytes: BLOCK } };
    const ids: string[] = [];
    const send = async (uploads: TestStore["uploads"]) => {
      const { id } = await uploads.begin(path, terms);
      ids.push(id);
      await uploads.append(id, 0, (take) => take(lines(2 * BLOCK)));
    };
    for (let count = 0; count < QUOTA / (2 * BLOCK); count++) await send(store.uploads);
    await expect(send(store.uploads)).rejects.toMatchObject({ code: "quota-exceeded" });
    // As many others as there is room for in memory: those of ada are on the disk alone.
    for (let count = 0; count < LIMITS.uploadsAtOnce; count++)
      await store.uploads.begin(pathOf("/bo/x"), TERMS);
    await expect(send(store.uploads)).rejects.toMatchObject({ code: "quota-exceeded" });

    const { uploads, datasets } = await store.afterCrash();
    await expect(send(uploads)).rejects.toMatchObject({ code: "quota-exceeded" });
    const [first = "", second = ""] = ids;
    await uploads.giveUp(first);
    await uploads.append(second, 2 * BLOCK, (take) => take(lines(2 * BLOCK)));
    await uploads.complete(second, null);
    expect(await datasets.view(path)).toMatchObject({ latest: { bytes: 4 * BLOCK } });
    await expect(datasets.begin(path, { ...terms, sentBytes: 64 })).rejects.toMatchObject({
      code: "quota-exceeded",
    });
  });

  it("[DA22] for all datasets together counts those of everybody", async () => {
    await open({ bytesPerUser: QUOTA, bytesInAll: 2 * QUOTA });
    for (const path of ["/ada/a", "/bo/a"]) expect((await put(path, lines(QUOTA))).status).toBe(201);
    expect(await put("/cy/a", chunked(lines(64)))).toEqual({
      status: 507,
      detail: `All datasets together may have ${2 * QUOTA} bytes of datasets; with this there would be ${2 * QUOTA + 64} or more`,
    });
    await store.datasets.remove(pathOf("/ada/a"), null);
    expect((await put("/cy/a", lines(QUOTA))).status).toBe(201);
  });
});
