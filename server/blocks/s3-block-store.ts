/**
 * Blocks as objects of an S3 bucket, named by their SHA-256 under a prefix.
 *
 *   coordinator ── PUT, whole and verified ──▶ store
 *   tab ── GET, by an address that is signed for a while ──▶ store     the bytes do not pass the coordinator
 *
 * An object appears at once or not at all. Streams are gathered and verified before they are sent, because what is wrong must never be
 * there under a block's name; a block has 64 MiB at most.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Digest } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";
import { log } from "../log";
import { openGathering } from "./gather-block";

export interface S3Settings {
  /** Address of the service; null for Amazon's own. */
  endpoint: string | null;
  bucket: string;
  region: string;
  /** Before every name, such as `blocks/`. */
  prefix: string;
  /** Null: as the AWS SDK finds them on this machine. */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
}

/** How long an address that a tab is sent to holds. */
const LINK_SECONDS = 900;
const RETRY_MS = 2_000;

export interface S3BlockStore extends BlockStore {
  close(): void;
}

/**
 * Opens the bucket, and makes it when it is not there.
 *
 * @throws {Error} When the service does not answer or refuses the keys.
 */
export async function openS3BlockStore(settings: S3Settings): Promise<S3BlockStore> {
  const { bucket, prefix } = settings;
  const client = openClient(settings);
  const gather = openGathering();
  await ensureBucket(client, bucket);

  /** Objects that are not what their names say. They count as not there, so that the right bytes can come again. */
  const damaged = new Set<Digest>();
  const objectOf = (digest: Digest) => ({ Bucket: bucket, Key: prefix + digest });

  async function has(digest: Digest): Promise<boolean> {
    if (damaged.has(digest)) return false;
    try {
      await client.send(new HeadObjectCommand(objectOf(digest)));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw unavailable(error);
    }
  }

  async function put(digest: Digest, bytes: Uint8Array): Promise<void> {
    const sum = createHash("md5").update(bytes).digest("base64");
    // The service compares the sum with what reached it, and stores nothing when they differ.
    const object = { ...objectOf(digest), Body: bytes, ContentLength: bytes.length, ContentMD5: sum };
    const caching = {
      CacheControl: "public, max-age=31536000, immutable",
      ContentType: "application/octet-stream",
    };
    await client.send(new PutObjectCommand({ ...object, ...caching })).catch((error: unknown) => {
      throw unavailable(error);
    });
    damaged.delete(digest);
  }

  async function get(digest: Digest, range?: string) {
    try {
      return await client.send(new GetObjectCommand({ ...objectOf(digest), ...(range && { Range: range }) }));
    } catch (error) {
      if (isMissing(error)) throw new GridError("block-not-found", `There is no block ${digest}`);
      throw unavailable(error);
    }
  }

  async function read(digest: Digest): Promise<Uint8Array> {
    const { Body } = await get(digest);
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    if (createHash("sha256").update(bytes).digest("hex") === digest) {
      damaged.delete(digest);
      return bytes;
    }
    damaged.add(digest);
    log.error({ digest }, "the store gave other bytes than this block's: it counts as lost");
    throw new GridError("block-not-found", `The store has other bytes as block ${digest}`);
  }

  return {
    has,
    read,
    verify: async (digest) => void (await read(digest)),
    async write(bytes) {
      const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
      if (!(await has(digest))) await put(digest, bytes);
      return digest;
    },
    async receive(digest, body) {
      const bytes = await gather(digest, body);
      if (!(await has(digest))) await put(digest, bytes);
    },
    async open(digest, range?: { start: number; end: number }) {
      if (damaged.has(digest)) await read(digest);
      const isEmpty = range !== undefined && range.end <= range.start;
      const part = range && !isEmpty ? `bytes=${range.start}-${range.end - 1}` : undefined;
      const { Body, ContentLength, ContentRange } = await get(digest, part);
      if (!(Body instanceof Readable)) throw new Error("The S3 client gave no stream");
      const body: Readable = Body;
      const whole = ContentRange?.split("/")[1];
      // A part of no bytes cannot be asked for.
      if (isEmpty) body.destroy();
      return { bytes: Number(whole ?? ContentLength ?? 0), body: isEmpty ? Readable.from([]) : body };
    },
    async remove(digest) {
      await client.send(new DeleteObjectCommand(objectOf(digest))).catch((error: unknown) => {
        if (!isMissing(error)) throw unavailable(error);
      });
    },
    async *list() {
      let more: string | undefined;
      do {
        const where = { Bucket: bucket, Prefix: prefix, ...(more && { ContinuationToken: more }) };
        const page = await client.send(new ListObjectsV2Command(where));
        for (const { Key } of page.Contents ?? []) {
          const digest = Digest.safeParse(Key?.slice(prefix.length));
          if (digest.success) yield digest.data;
        }
        more = page.NextContinuationToken;
      } while (more !== undefined);
    },
    async link(digest) {
      if (damaged.has(digest)) await read(digest);
      return getSignedUrl(client, new GetObjectCommand(objectOf(digest)), { expiresIn: LINK_SECONDS });
    },
    close: () => client.destroy(),
  };
}

/**
 * Lets pages of any origin read from the bucket: an address has to be signed all the same.
 *
 * @returns False when the service does not know the setting; then its own configuration has to allow it.
 */
export async function allowPages(settings: S3Settings): Promise<boolean> {
  const client = openClient(settings);
  const rule = {
    AllowedMethods: ["GET", "HEAD"],
    AllowedOrigins: ["*"],
    AllowedHeaders: ["*"],
    MaxAgeSeconds: 86_400,
  };
  try {
    await client.send(
      new PutBucketCorsCommand({ Bucket: settings.bucket, CORSConfiguration: { CORSRules: [rule] } }),
    );
    return true;
  } catch (error) {
    log.warn(
      { err: error },
      "the S3 service did not take the rule that lets pages read: set it there, if it does not hold already",
    );
    return false;
  } finally {
    client.destroy();
  }
}

export function openClient({ endpoint, region, credentials }: S3Settings): S3Client {
  return new S3Client({
    region,
    ...(endpoint !== null && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    // The SDK's own checksums are not known to all services: some refuse them, some store what they do not understand.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

async function ensureBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!isMissing(error)) throw error;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}

function unavailable(cause: unknown): GridError {
  return new GridError(
    "overloaded",
    "The store that keeps the blocks does not answer as it should; the coordinator's log has the cause",
    { retryAfterMs: RETRY_MS },
    { cause },
  );
}
