/**
 * Blocks as files on a disk: `ab/abcdef…`, named by their SHA-256.
 *
 * A block is there in full or not at all, also after a power cut: it is written
 * to a temporary file, flushed, renamed, and its folder is flushed. What a crash
 * leaves in `tmp` is removed at the next start. One process at a time may use a
 * folder. What is read is compared with its name first, each file once in the life of the process, and again when somebody who
 * has read it says that it is not right.
 *
 *   receive ── bytes ──▶ tmp/uuid ── SHA-256 as claimed? ── rename ──▶ ab/abcdef…
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import { diskFull, isDiskFull } from "../disk-full";
import type { BlockStore } from "../grid-api";
import { log } from "../log";

const VERIFIED_KEPT = 100_000;
/** What a reader is read ahead: large pieces take half the processor time a block, small ones little memory where many slow ones read at once. */
const READ_BYTES = { few: 256 * 1024, many: 64 * 1024 };
const FEW_READERS = 64;

/** @param folder Is made when it is not there. */
export async function openDiskBlockStore(folder: string): Promise<BlockStore> {
  const temporaries = path.join(folder, "tmp");
  await rm(temporaries, { recursive: true, force: true });
  await mkdir(temporaries, { recursive: true });

  /** Blocks whose files were written or read through by this process. */
  const verified = new Set<Digest>();
  let readers = 0;
  const shardOf = (digest: Digest) => path.join(folder, digest.slice(0, 2));
  const fileOf = (digest: Digest) => path.join(shardOf(digest), digest);

  async function has(digest: Digest): Promise<boolean> {
    try {
      await stat(fileOf(digest));
      return true;
    } catch (error) {
      if (isCode(error, "ENOENT")) return false;
      throw error;
    }
  }

  /** Keeps what `fill` writes under the digest that `fill` returns, or nothing when it throws. */
  async function keep(fill: (file: FileHandle) => Promise<Digest>): Promise<Digest> {
    const temporary = path.join(temporaries, randomUUID());
    try {
      const file = await open(temporary, "wx");
      const digest = await fill(file)
        .then(async (filled) => (await file.sync(), filled))
        .finally(() => file.close());
      if ((await mkdir(shardOf(digest), { recursive: true })) !== undefined) await syncFolder(folder);
      await rename(temporary, fileOf(digest));
      noteVerified(digest);
      await syncFolder(shardOf(digest));
      return digest;
    } catch (error) {
      await rm(temporary, { force: true });
      throw isDiskFull(error) ? diskFull(error, "The disk that keeps the blocks") : error;
    }
  }

  /** Reads the whole file once in the life of this process, before any of it is given out. */
  async function verifyFile(digest: Digest, file: FileHandle): Promise<void> {
    const hash = createHash("sha256");
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false }))
      hash.update(chunk as Buffer);
    if (hash.digest("hex") === digest) return noteVerified(digest);
    await file.close();
    throw await setAside(digest);
  }

  function noteVerified(digest: Digest): void {
    verified.add(digest);
    const [oldest] = verified;
    if (verified.size > VERIFIED_KEPT && oldest !== undefined) verified.delete(oldest);
  }

  /** A file that has changed on the disk is no block: it is moved out of the way, so that the right bytes can come again. */
  async function setAside(digest: Digest): Promise<GridError> {
    const damaged = path.join(folder, "damaged");
    log.error({ digest, damaged }, "a block has changed on the disk; it is kept apart and counts as lost");
    await mkdir(damaged, { recursive: true });
    await rename(fileOf(digest), path.join(damaged, digest)).catch(() => {});
    return new GridError("block-not-found", `Block ${digest} was damaged on the coordinator's disk`);
  }

  async function openFile(digest: Digest): Promise<FileHandle> {
    try {
      return await open(fileOf(digest), "r");
    } catch (error) {
      throw isCode(error, "ENOENT") ? notFound(digest) : error;
    }
  }

  return {
    has,

    async write(bytes) {
      const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
      if (await has(digest)) return digest;
      return keep(async (file) => {
        await file.writeFile(bytes);
        return digest;
      });
    },

    async receive(digest, body) {
      // The sender may leave before anything is read. Without a listener that would end the process;
      // with one, the reading below throws it.
      body.on("error", () => {});
      // A block that is there is only compared: the sender still learns that it claimed the wrong digest.
      if (await has(digest)) return verify(digest, body, async () => {});
      await keep(async (file) => {
        await verify(digest, body, (chunk) => file.writeFile(chunk));
        return digest;
      });
    },

    async open(digest, range) {
      const file = await openFile(digest);
      if (!verified.has(digest)) await verifyFile(digest, file);
      const { size } = await file.stat();
      // A stream's `end` is the last byte, so one of no bytes cannot be said.
      if (range && range.end <= range.start) {
        await file.close();
        return { bytes: size, body: Readable.from([]) };
      }
      readers += 1;
      const body = file.createReadStream({
        highWaterMark: readers <= FEW_READERS ? READ_BYTES.few : READ_BYTES.many,
        ...(range && { start: range.start, end: range.end - 1 }),
      });
      body.once("close", () => (readers -= 1));
      return { bytes: size, body };
    },

    async read(digest) {
      const file = await openFile(digest);
      const bytes = await file.readFile().finally(() => file.close());
      if (createHash("sha256").update(bytes).digest("hex") !== digest) throw await setAside(digest);
      return bytes;
    },

    async verify(digest) {
      const file = await openFile(digest);
      verified.delete(digest);
      await verifyFile(digest, file);
      await file.close();
    },

    async remove(digest) {
      verified.delete(digest);
      await rm(fileOf(digest), { force: true });
    },

    async *list() {
      for (const shard of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(shard)) continue;
        for (const name of await readdir(path.join(folder, shard))) {
          const digest = Digest.safeParse(name);
          if (digest.success) yield digest.data;
        }
      }
    },
  };
}

/** Hands on every chunk, and throws when the whole is too long or not what its digest says. */
async function verify(
  digest: Digest,
  body: Readable,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const hash = createHash("sha256");
  let byteCount = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    byteCount += chunk.length;
    if (byteCount > LIMITS.blockBytes) throw tooLarge(byteCount);
    hash.update(chunk);
    await write(chunk);
  }
  const actual = hash.digest("hex");
  if (actual === digest) return;
  throw new GridError(
    "digest-mismatch",
    `The ${byteCount} bytes received have the digest ${actual}, not ${digest}`,
  );
}

/** A rename or a new file is only durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

export function tooLarge(byteCount: number): GridError {
  return new GridError(
    "too-large",
    `A block may have ${LIMITS.blockBytes} bytes (blockBytes); got ${byteCount} or more`,
  );
}

const notFound = (digest: Digest) => new GridError("block-not-found", `There is no block ${digest}`);

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
