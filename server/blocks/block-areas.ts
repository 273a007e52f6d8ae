/**
 * Blocks with lives of their own: those of datasets are freed when no version has them any more, and nothing else may
 * lose a block by that. So each kind has an area of the store, and only reading looks into all of them.
 */
import { isGridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";

/** Writes, and says what is there, as the first area does; reads from all areas, in order. */
export function joinAreas(first: BlockStore, ...others: readonly BlockStore[]): BlockStore {
  async function fromAny<T>(read: (area: BlockStore) => Promise<T>): Promise<T> {
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
  };
}

function ignoreMissing(error: unknown): null {
  if (isGridError(error) && error.code === "block-not-found") return null;
  throw error;
}
