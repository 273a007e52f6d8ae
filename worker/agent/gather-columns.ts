/** Puts together what a task on Parquet reads: of many blocks, the bytes that an outline names. */
import { readOutline } from "../../protocol/outline";
import { packOutline, type Outline } from "../../protocol/parquet";
import type { Digest } from "../../protocol/ids";
import type { Cache } from "./cache";
import { fewAtOnce } from "./few-at-once";
import { Unreadable } from "./unreadable";

/** Blocks that are waited for at a time. */
const FETCHES = 4;

/** @throws {Unreadable} When the coordinator does not have a block, or it is not what the outline says. @throws {Error} When one could not be fetched. */
export async function gatherColumns(
  blocks: Pick<Cache, "get">,
  bytes: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const outline = readOutline(bytes);
  const { packed, chunksAt } = packOutline(outline);
  const copies = copiesIn(outline, chunksAt);
  await fewAtOnce(FETCHES, outline.blocks, async (digest, place) =>
    copy(await blocks.get(digest, true), digest, copies.get(place) ?? []),
  );
  return packed;

  function copy(block: Uint8Array, digest: Digest, pieces: readonly Copy[]): void {
    for (const { from, to, at } of pieces) {
      if (to > block.length)
        throw new Unreadable(`Block ${digest} has ${block.length} bytes; ${to} were expected`);
      packed.set(block.subarray(from, to), at);
    }
  }
}

/** Starts fetching the blocks. */
export function prefetchColumns(blocks: Pick<Cache, "prefetch">, bytes: Uint8Array): void {
  for (const digest of readOutline(bytes).blocks) blocks.prefetch(digest, true);
}

interface Copy {
  readonly from: number;
  readonly to: number;
  /** Where it goes. */
  readonly at: number;
}

/** What is taken of each block, so that each is held only once and not for long. */
function copiesIn({ groups }: Outline, chunksAt: number): Map<number, Copy[]> {
  const copies = new Map<number, Copy[]>();
  let at = chunksAt;
  for (const { chunks } of groups)
    for (const { pieces } of chunks)
      for (const [block, from, to] of pieces) {
        const own = copies.get(block) ?? [];
        own.push({ from, to, at });
        copies.set(block, own);
        at += to - from;
      }
  return copies;
}
