/** Large parts of outputs in files, where a tab has its database: they live as long as the volunteer, but not in its memory. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Digest } from "../../protocol/ids";
import { memoryOutboxStore, type OutboxStore } from "../../worker/agent/outbox-store";

export interface FileOutboxStore {
  readonly store: OutboxStore;
  /** Removes what is left. */
  close(): Promise<void>;
}

export async function openFileOutboxStore(): Promise<FileOutboxStore> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-outputs-"));
  /** On their way to the disk, or refused by it. */
  const unwritten = new Map<Digest, Uint8Array<ArrayBuffer>>();
  /** One change after the other: a part that is removed may come again. */
  let last: Promise<unknown> = Promise.resolve();
  const pathOf = (digest: Digest) => path.join(folder, digest.replaceAll(/\W/g, "-"));

  return {
    store: {
      ...memoryOutboxStore(),
      keep(digest, bytes) {
        unwritten.set(digest, bytes);
        return inTurn(async () => {
          await writeFile(pathOf(digest), bytes);
          if (unwritten.get(digest) === bytes) unwritten.delete(digest);
        });
      },
      async bytesOf(digest) {
        const bytes = unwritten.get(digest);
        if (bytes) return bytes;
        return readFile(pathOf(digest)).then((read) => new Uint8Array(read), nothingIfMissing);
      },
      async remove(_keys, digests) {
        for (const digest of digests) unwritten.delete(digest);
        await inTurn(() => Promise.all(digests.map((digest) => rm(pathOf(digest), { force: true }))));
      },
    },
    async close() {
      await last.catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };

  /** @throws Whatever went wrong; what comes after it goes on. */
  async function inTurn(change: () => Promise<unknown>): Promise<void> {
    const done = last.catch(() => {}).then(change);
    last = done;
    await done;
  }
}

function nothingIfMissing(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
