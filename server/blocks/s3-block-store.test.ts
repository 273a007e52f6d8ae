import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readConfig } from "../config";
import { blockStoreContract } from "./block-store-contract";
import { openBlocks, originOfBlocks } from "./open-blocks";
import { openS3BlockStore, type S3Settings } from "./s3-block-store";

const {
  TABGRID_TEST_S3_ENDPOINT: endpoint,
  TABGRID_TEST_S3_ACCESS_KEY: accessKeyId = "",
  TABGRID_TEST_S3_SECRET_KEY: secretAccessKey = "",
} = process.env;

const s3 = { TABGRID_S3_ENDPOINT: "https://s3.example:9000/", TABGRID_S3_BUCKET: "grid-blocks" };
const keys = { TABGRID_S3_ACCESS_KEY: "key", TABGRID_S3_SECRET_KEY: "secret" };

describe("where blocks are kept", () => {
  it("[BU1] is the disk, unless a bucket is named", () => {
    expect(readConfig({}).s3).toBeNull();
    expect(readConfig({ ...s3, ...keys }).s3).toEqual({
      ...{ bucket: "grid-blocks", endpoint: "https://s3.example:9000/", region: "us-east-1", isDirect: true },
      credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    });
  });

  it("[BU2] names the setting that is missing or wrong", () => {
    const why = (settings: Record<string, string>) => {
      try {
        return String(readConfig(settings).s3);
      } catch (error) {
        return error instanceof Error ? error.message : "";
      }
    };
    expect(why({ TABGRID_S3_ENDPOINT: "https://s3.example" })).toContain("TABGRID_S3_BUCKET is not");
    expect(why({ ...s3, TABGRID_S3_ACCESS_KEY: "key" })).toContain("must be set both, or neither");
    expect(why({ ...s3, TABGRID_S3_BUCKET: "No Bucket" })).toContain(
      "TABGRID_S3_BUCKET must be a bucket's name",
    );
    expect(why({ ...s3, TABGRID_S3_ENDPOINT: "s3.example" })).toContain(
      "TABGRID_S3_ENDPOINT must be an address",
    );
    expect(why({ ...s3, TABGRID_S3_FETCH: "maybe" })).toContain("TABGRID_S3_FETCH must be direct or through");
  });

  it("[BU3] is an origin that pages may fetch from only when tabs go there themselves", () => {
    expect(originOfBlocks(readConfig({}))).toBeNull();
    expect(originOfBlocks(readConfig(s3))).toBe("https://s3.example:9000");
    expect(originOfBlocks(readConfig({ ...s3, TABGRID_S3_FETCH: "through" }))).toBeNull();
    const onAmazon = { TABGRID_S3_BUCKET: "grid-blocks", TABGRID_S3_REGION: "eu-central-1" };
    expect(originOfBlocks(readConfig(onAmazon))).toBe("https://grid-blocks.s3.eu-central-1.amazonaws.com");
  });

  it("[BU4] that cannot be reached keeps the coordinator from starting, in words that say what to check", async () => {
    const config = readConfig({ ...s3, ...keys, TABGRID_S3_ENDPOINT: "http://127.0.0.1:9" });
    await expect(openBlocks(config)).rejects.toThrow(
      "check TABGRID_S3_ENDPOINT, TABGRID_S3_BUCKET and the keys",
    );
  });
});

// `npm test` starts a server for these.
if (endpoint !== undefined) {
  const settings = (): S3Settings => ({
    ...{ endpoint, bucket: `tests-${randomUUID()}`, region: "us-east-1", prefix: "blocks/" },
    credentials: { accessKeyId, secretAccessKey },
  });

  blockStoreContract("S3 block store", async () => {
    const store = await openS3BlockStore(settings());
    return { store, close: () => Promise.resolve(store.close()) };
  });

  describe("openS3BlockStore", () => {
    it("[BU5] gives addresses by which whoever has one reads that block, and no other", async () => {
      const store = await openS3BlockStore(settings());
      const [one, other] = [await store.write(Buffer.from("one")), await store.write(Buffer.from("other"))];
      const link = (await store.link?.(one)) ?? "";
      expect(await (await fetch(link)).text()).toBe("one");
      expect((await fetch(link.replace(one, other))).status).toBe(403);
      store.close();
    });

    it("[BU6] is refused with a wrong secret", async () => {
      const wrong = { ...settings(), credentials: { accessKeyId, secretAccessKey: "wrong" } };
      await expect(openS3BlockStore(wrong)).rejects.toThrow();
    });
  });
}
