/** Opens the stores that blocks are kept in: folders on the disk, or a bucket, by the operator's settings. */
import path from "node:path";
import type { Config } from "../config";
import type { BlockStore } from "../grid-api";
import { explainFolder, StartFailure, step } from "../start-failure";
import { openDiskBlockStore } from "./disk-block-store";

/**
 * @param area What kind of blocks, such as `datasets`; null for those of jobs. Each kind has a life of its own, and a folder or prefix.
 * @throws {StartFailure} When the folder cannot be used, or the bucket cannot be reached.
 */
export async function openBlocks(
  { blocksDir, s3 }: Pick<Config, "blocksDir" | "s3">,
  area: string | null = null,
): Promise<BlockStore> {
  const folder = area === null ? blocksDir : path.join(blocksDir, area);
  if (!s3) return step(openDiskBlockStore(folder), explainFolder(folder));
  try {
    // Amazon's library takes 20 MB and a tenth of a second, which a grid without buckets need not pay.
    const { allowPages, openS3BlockStore } = await import("./s3-block-store");
    const store = await openS3BlockStore({ ...s3, prefix: `${area ?? "blocks"}/` });
    if (s3.isDirect) {
      if (area === null) await allowPages({ ...s3, prefix: "" });
      return store;
    }
    const { link: _, ...throughHere } = store;
    return throughHere;
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new StartFailure(
      `the bucket ${s3.bucket} at ${s3.endpoint ?? "Amazon"} cannot be used (${why}); check TABGRID_S3_ENDPOINT, TABGRID_S3_BUCKET and the keys`,
    );
  }
}

/** Where pages must be allowed to fetch from: the service's origin, when tabs go there themselves. */
export function originOfBlocks({ s3 }: Pick<Config, "s3">): string | null {
  if (!s3?.isDirect) return null;
  return s3.endpoint === null
    ? `https://${s3.bucket}.s3.${s3.region}.amazonaws.com`
    : new URL(s3.endpoint).origin;
}
