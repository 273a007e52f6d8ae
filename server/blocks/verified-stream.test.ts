import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Digest } from "../../protocol/ids";
import type { BlockStore } from "../grid-api";
import { log } from "../log";
import { openDiskBlockStore } from "./disk-block-store";
import { verifiedStream } from "./verified-stream";

describe("a block for those who cannot verify it", () => {
  let folder: string;
  let store: BlockStore;
  let digest: Digest;
  /** Of several pieces. */
  const bytes = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, at) => at % 251));

  beforeEach(async () => {
    vi.spyOn(log, "error").mockReturnValue();
    folder = await mkdtemp(path.join(tmpdir(), "blocks-"));
    store = await openDiskBlockStore(folder);
    digest = await store.write(bytes);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  /** What came, whether it broke off, and the size of the last piece that would have. */
  async function read(range?: { start: number; end: number }) {
    const pieces: Uint8Array[] = [];
    let code: unknown = null;
    try {
      for await (const piece of verifiedStream(store, digest, range)) pieces.push(piece);
    } catch (error) {
      code = error instanceof Error && "code" in error ? error.code : error;
    }
    return { code, got: Buffer.concat(pieces) };
  }

  it("[VS1] comes whole, or the part of it that is asked for", async () => {
    expect((await read()).got.equals(bytes)).toBe(true);
    for (const [start, end] of [
      [0, 1],
      [999_999, 1_000_000],
      [262_000, 600_000],
      [5, 5],
    ] as const) {
      expect(await read({ start, end })).toEqual({ code: null, got: bytes.subarray(start, end) });
    }
  });

  it("[VS2] breaks off when it has changed since it was written, also outside of the part that is asked for, and is lost from then on", async () => {
    for (const range of [undefined, { start: 0, end: 10 }, { start: 300_000, end: 400_000 }]) {
      await writeFile(
        path.join(folder, digest.slice(0, 2), digest),
        Buffer.from(bytes).fill(1, 700_000, 700_001),
      );
      const { code, got } = await read(range);
      expect(code).toBe("block-not-found");
      expect(got.length).toBeLessThan(range ? range.end - range.start : bytes.length);
      expect(await store.has(digest)).toBe(false);
      await store.write(bytes);
    }
  });
});
