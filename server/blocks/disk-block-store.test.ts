import { mkdir, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { blockStoreContract } from "./block-store-contract";
import { openDiskBlockStore } from "./disk-block-store";

const makeFolder = () => mkdtemp(path.join(tmpdir(), "blocks-"));

blockStoreContract("disk block store", async () => {
  const folder = await makeFolder();
  return {
    store: await openDiskBlockStore(folder),
    damage: (digest) => writeFile(path.join(folder, digest.slice(0, 2), digest), "hello, b1ock"),
    close: () => rm(folder, { recursive: true }),
  };
});

describe("openDiskBlockStore", () => {
  let folder: string;
  beforeEach(async () => (folder = await makeFolder()));
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  const temporaries = () => readdir(path.join(folder, "tmp"));
  const digest = digestOfText("x");

  it("[BL10] finds the blocks of an earlier run", async () => {
    await (await openDiskBlockStore(folder)).write(Buffer.from("x"));
    const store = await openDiskBlockStore(folder);
    expect(await store.has(digest)).toBe(true);
    expect(await readdir(path.join(folder, digest.slice(0, 2)))).toEqual([digest]);
  });

  it("[BL11] removes what a crash left half-written", async () => {
    await mkdir(path.join(folder, "tmp"));
    await writeFile(path.join(folder, "tmp", "half"), "…");
    await openDiskBlockStore(folder);
    expect(await temporaries()).toEqual([]);
  });

  it("[BL12] leaves no temporary file behind, whether a stream was kept or refused", async () => {
    const store = await openDiskBlockStore(folder);
    await store.receive(digest, Readable.from([Buffer.from("x")]));
    await store.receive(digestOfText("y"), Readable.from([Buffer.from("z")])).catch(() => {});
    expect(await temporaries()).toEqual([]);
  });

  it("[BL20] gives out no byte of a block that has changed on the disk, keeps it apart, and takes the right one again", async () => {
    await (await openDiskBlockStore(folder)).write(Buffer.from("x"));
    for (const read of ["open", "read"] as const) {
      await writeFile(path.join(folder, digest.slice(0, 2), digest), "y");
      const store = await openDiskBlockStore(folder);
      await expect(store[read](digest)).rejects.toMatchObject({
        code: "block-not-found",
        message: expect.stringContaining("damaged on the coordinator's disk"),
      });
      expect(await store.has(digest)).toBe(false);
      expect(await readdir(path.join(folder, "damaged"))).toEqual([digest]);
      await store.write(Buffer.from("x"));
      expect(Buffer.from(await store.read(digest)).toString()).toBe("x");
    }
  });

  it("[BL13] says in plain words that the disk is full, and keeps nothing", async () => {
    const store = await openDiskBlockStore(folder);
    const someFile = await open(path.join(folder, "some"), "w");
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    vi.spyOn(Object.getPrototypeOf(someFile), "writeFile").mockRejectedValue(full);
    await someFile.close();
    await expect(store.write(Buffer.from("x"))).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringContaining("disk that keeps the blocks is full"),
    });
    expect([await store.has(digest), await temporaries()]).toEqual([false, []]);
  });
});
