/** Plans a job over a Parquet file: writes an outline for each row group, or for several small ones. */
import { planGroups, type GroupPlan } from "../core/parquet/plan-groups";
import type { PlannedBlock } from "../core/split";
import type { Digest } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { outlineBytes } from "../protocol/outline";
import type { Outline } from "../protocol/parquet";
import { GridError } from "../protocol/problems";
import type { WrittenBlock } from "./datasets/block-writer";
import { readParquet } from "./datasets/parquet-file";
import type { BlockStore } from "./grid-api";

/**
 * @param file Its blocks, and where they are.
 * @param columns Names of those that are read; all when null.
 * @param blocks Get the outlines.
 * @throws {GridError} `invalid-input`.
 */
export async function planParquet(
  file: { readonly blocks: readonly WrittenBlock[]; readonly store: Pick<BlockStore, "open" | "verify"> },
  columns: readonly string[] | null,
  blocks: Pick<BlockStore, "write">,
): Promise<PlannedBlock[]> {
  const planned: PlannedBlock[] = [];
  for (const plan of planGroups(await readParquet(file.blocks, file.store), columns, file.blocks))
    planned.push(await store(plan, blocks));
  return planned;
}

async function store(
  { outline, rows, bytes }: GroupPlan,
  blocks: Pick<BlockStore, "write">,
): Promise<PlannedBlock> {
  const text = outlineBytes(outline);
  if (text.length > LIMITS.blockBytes)
    throw new GridError(
      "invalid-input",
      "input: the file has too many columns for one task; choose some of them",
    );
  const digest = await blocks.write(text);
  return { digest, bytes, records: rows, parts: partsOf(outline) };
}

/** The blocks that it names, the one with most of the bytes first. */
function partsOf({ blocks, groups }: Outline): Digest[] {
  const bytes = blocks.map(() => 0);
  for (const { chunks } of groups)
    for (const { pieces } of chunks)
      for (const [block, from, to] of pieces) bytes[block] = (bytes[block] ?? 0) + to - from;
  const most = bytes.indexOf(Math.max(0, ...bytes));
  return [...new Set([...blocks.slice(most, most + 1), ...blocks])];
}
