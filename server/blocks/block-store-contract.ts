/** What every block store must do. Each implementation runs this suite from its own test file. */
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digestOf, digestOfText } from "../../protocol/digest";
import type { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { BlockStore } from "../grid-api";
import { log } from "../log";

export interface OpenedStore {
  readonly store: BlockStore;
  /** Puts other bytes where the store keeps the block's, behind its back. */
  damage(digest: Digest): Promise<void>;
  /** Removes what it kept. */
  close(): Promise<void>;
}

/** @param open Opens an empty store. */
export function blockStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore;
    let store: BlockStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      await opened.close();
    });

    const bytes = new TextEncoder().encode("hello, block");
    const digest = digestOf(bytes);
    const contentOf = async () => buffer((await store.open(digest)).body);
    const sizeOf = async (digest: Digest) => {
      const { bytes, body } = await store.open(digest);
      body.destroy();
      return bytes;
    };

    it("[BL1] gives back what was written, under its SHA-256", async () => {
      expect(await store.write(bytes)).toBe(digest);
      expect(await store.has(digest)).toBe(true);
      expect(await sizeOf(digest)).toBe(bytes.length);
      expect(await contentOf()).toEqual(Buffer.from(bytes));
      expect(Buffer.from(await store.read(digest))).toEqual(Buffer.from(bytes));
    });

    it("[BL2] does not have, open or read what was never written", async () => {
      expect(await store.has(digest)).toBe(false);
      await expect(store.open(digest)).rejects.toMatchObject({ code: "block-not-found" });
      await expect(store.read(digest)).rejects.toMatchObject({ code: "block-not-found" });
    });

    it("[BL14] opens a part of a block, and says how large the whole is", async () => {
      await store.write(bytes);
      const part = async (start: number, end: number) => {
        const opened = await store.open(digest, { start, end });
        return [opened.bytes, (await buffer(opened.body)).toString()];
      };
      expect(await part(7, 12)).toEqual([12, "block"]);
      expect(await part(0, 1)).toEqual([12, "h"]);
      expect(await part(3, 3)).toEqual([12, ""]);
    });

    it("[BL15] removes a block once and for all, and lists those that are left", async () => {
      const other = await store.write(Buffer.from("other"));
      await store.write(bytes);
      await store.remove(digest);
      await store.remove(digest);
      expect(await store.has(digest)).toBe(false);
      const left: Digest[] = [];
      for await (const each of store.list()) left.push(each);
      expect(left).toEqual([other]);
    });

    it("[BL3] receives a stream under the digest it claims", async () => {
      await store.receive(digest, Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]));
      expect(await contentOf()).toEqual(Buffer.from(bytes));
    });

    it("[BL4] keeps nothing of a stream whose digest is wrong, and says which it has", async () => {
      const wrong = digestOfText("something else");
      await expect(store.receive(wrong, Readable.from([bytes]))).rejects.toMatchObject({
        code: "digest-mismatch",
        message: expect.stringContaining(digest),
      });
      expect([await store.has(wrong), await store.has(digest)]).toEqual([false, false]);
    });

    it("[BL5] tells a sender its digest is wrong even when that block is there", async () => {
      await store.write(bytes);
      const wrong = Readable.from([Buffer.from("forged")]);
      await expect(store.receive(digest, wrong)).rejects.toMatchObject({ code: "digest-mismatch" });
      expect(await contentOf()).toEqual(Buffer.from(bytes));
    });

    it("[BL6] stops a stream at the limit, names the limit, and keeps nothing", async () => {
      const chunk = Buffer.alloc(8 * 1024 * 1024);
      const endless = Readable.from(
        (function* () {
          for (;;) yield chunk;
        })(),
      );
      await expect(store.receive(digest, endless)).rejects.toMatchObject({
        code: "too-large",
        message: expect.stringContaining(`${LIMITS.blockBytes} bytes (blockBytes)`),
      });
      expect(await store.has(digest)).toBe(false);
    });

    it("[BL7] keeps nothing of a sender that leaves before the end", async () => {
      const body = new PassThrough();
      const received = store.receive(digest, body);
      body.write(bytes);
      body.destroy(new Error("left"));
      await expect(received).rejects.toThrow("left");
      expect(await store.has(digest)).toBe(false);
    });

    it("[BL8] takes one block from many at once", async () => {
      await Promise.all([
        ...Array.from({ length: 8 }, () => store.receive(digest, Readable.from([bytes]))),
        ...Array.from({ length: 8 }, () => store.write(bytes)),
      ]);
      expect(await contentOf()).toEqual(Buffer.from(bytes));
    });

    it("[BL16] finds by verifying that a block is another than it was: then it is not there, until the right bytes come again", async () => {
      vi.spyOn(log, "error").mockReturnValue();
      const again = [() => store.write(bytes), () => store.receive(digest, Readable.from([bytes]))];
      await expect(store.verify(digest)).rejects.toMatchObject({ code: "block-not-found" });
      await store.write(bytes);
      for (const write of again) {
        await store.verify(digest);
        await opened.damage(digest);
        await expect(store.verify(digest)).rejects.toMatchObject({ code: "block-not-found" });
        expect(await store.has(digest)).toBe(false);
        await expect(store.open(digest)).rejects.toMatchObject({ code: "block-not-found" });
        await write();
        expect(await contentOf()).toEqual(Buffer.from(bytes));
      }
    });

    it("[BL9] keeps a block of no bytes", async () => {
      const nothing = await store.write(new Uint8Array());
      expect(await sizeOf(nothing)).toBe(0);
      expect((await store.read(nothing)).length).toBe(0);
    });
  });
}
