/**
 * Blocks with lives of their own: those of datasets are freed when no version has them any more, and nothing else may
 * lose a block by that. So each kind has an area of the store, and only reading looks into all of them.
 */
import type { Digest } from "../../protocol/ids";
import { GridError, isGridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";

type Readable = Pick<BlockStore, "open" | "read"> & Partial<Pick<BlockStore, "link" | "has">>;

/** Writes, and says what is there, as the first area does; reads from all areas, in order. */
export function joinAreas(first: BlockStore, ...others: readonly Readable[]): BlockStore {
  async function fromAny<T>(read: (area: Readable) => Promise<T>): Promise<T> {
    try {
      return await read(first);
    } catch (error) {
      if (!isGridError(error) || error.code !== "block-not-found") throw error;
      for (const area of others) {
        const found = await read(area).catch(ignoreMissing);
        if (found !== null) return found;
      }
      throw error;
    }
  }
  return {
    ...first,
    open: (digest, range) => fromAny((area) => area.open(digest, range)),
    read: (digest) => fromAny((area) => area.read(digest)),
    ...(first.link && { link: (digest) => linkInto([first, ...others], digest) }),
  };
}

/** A link can be made to what is not there, so each area is asked first. */
async function linkInto(areas: readonly Readable[], digest: Digest): Promise<string> {
  for (const area of areas) if (area.link && (await area.has?.(digest))) return area.link(digest);
  throw new GridError("block-not-found", `There is no block ${digest}`);
}

/** For reading that goes on elsewhere. */
export function ignoreMissing(error: unknown): null {
  if (isGridError(error) && error.code === "block-not-found") return null;
  throw error;
}
