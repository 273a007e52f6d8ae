/** Parquet files for tests, and their way from a file to the records of a program without a coordinator or a tab. */
import { createHash } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { parquetWriteBuffer, type ColumnSource } from "hyparquet-writer";
import { planGroups, type FileBlock, type GroupPlan } from "../core/parquet/plan-groups";
import { footerSpan, readFooter, TAIL_BYTES, type ParquetFile } from "../core/parquet/read-footer";
import type { Digest } from "../protocol/ids";
import { outlineBytes } from "../protocol/outline";
import { gatherColumns } from "../worker/agent/gather-columns";
import { parquetRows } from "../worker/sandbox/parquet/rows";

type WriteOptions = Omit<Parameters<typeof parquetWriteBuffer>[0], "columnData">;

export const TEST_CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI"] as const;

export function writeParquet(
  columnData: ColumnSource[],
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const compressors = {
    GZIP: (bytes: Uint8Array) => gzipSync(bytes),
    BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes),
  };
  return new Uint8Array(parquetWriteBuffer({ columnData, compressors, ...options }));
}

/** @throws {GridError} What the coordinator says of it. */
export function openParquet(file: Uint8Array): ParquetFile {
  const { start, end } = footerSpan(file.subarray(-TAIL_BYTES), file.length);
  return readFooter(file.subarray(start, end), start);
}

/** The file with another footer. */
export function withFooter(file: Uint8Array, change: (footer: Uint8Array) => Uint8Array): Uint8Array {
  const { start, end } = footerSpan(file.subarray(-TAIL_BYTES), file.length);
  const footer = change(file.slice(start, end));
  const tail = new Uint8Array(TAIL_BYTES);
  new DataView(tail.buffer).setUint32(0, footer.length, true);
  tail.set(Buffer.from("PAR1"), 4);
  return Buffer.concat([file.subarray(0, start), footer, tail]);
}

/** The file as blocks. */
export function cutBlocks(file: Uint8Array<ArrayBuffer>, blockBytes: number) {
  const blocks: FileBlock[] = [];
  const contents = new Map<Digest, Uint8Array<ArrayBuffer>>();
  for (let start = 0; start < file.length; start += blockBytes) {
    const bytes = file.slice(start, start + blockBytes);
    const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
    blocks.push({ digest, bytes: bytes.length });
    contents.set(digest, bytes);
  }
  return { blocks, contents };
}

export interface ReadTask {
  readonly plan: GroupPlan;
  readonly fetched: ReadonlySet<Digest>;
  readonly count: number;
  at(index: number): unknown;
}

/** Every task on the file, as a slot would have its records. */
export async function readTasks(
  file: Uint8Array<ArrayBuffer>,
  { columns = null, blockBytes = 1 << 20 }: { columns?: readonly string[] | null; blockBytes?: number } = {},
): Promise<ReadTask[]> {
  const { blocks, contents } = cutBlocks(file, blockBytes);
  const tasks: ReadTask[] = [];
  for (const plan of planGroups(openParquet(file), columns, blocks)) {
    const fetched = new Set<Digest>();
    const get = (digest: Digest) => {
      fetched.add(digest);
      return Promise.resolve(contents.get(digest) ?? new Uint8Array());
    };
    const { count, at } = parquetRows(await gatherColumns({ get }, outlineBytes(plan.outline)));
    tasks.push({ plan, fetched, count, at });
  }
  return tasks;
}

/** All rows, in order. */
export async function readRows(
  file: Uint8Array<ArrayBuffer>,
  options: Parameters<typeof readTasks>[1] = {},
): Promise<unknown[]> {
  const tasks = await readTasks(file, options);
  return tasks.flatMap(({ count, at }) => Array.from({ length: count }, (_, index) => at(index)));
}
