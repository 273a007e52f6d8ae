/** A real database and block store in a folder that is thrown away, for tests of what keeps its state there. */
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openRunAreas, type RunAreas } from "../server/blocks/run-areas";
import { openDiskBlockStore } from "../server/blocks/disk-block-store";
import { openDatasets, type Datasets } from "../server/datasets/datasets";
import type { Quotas } from "../server/datasets/room";
import { openUploads, type Uploads } from "../server/datasets/uploads";
import type { BlockStore } from "../server/grid-api";
import type { EpochMs } from "../protocol/ids";
import { resolveByName } from "../server/sources/ask-source";
import { openInputFetcher, type FetchInput } from "../server/sources/fetch-input";
import { openImports, type Imports } from "../server/sources/imports";
import type { ReadingParts } from "../server/sources/read-source";
import { AT } from "./facts";
import { openWatchedDatabase, type Moment } from "./watched-database";
import { closeDatabase, openDatabase, type Database } from "../server/store/database";
import { migrate } from "../server/store/migrate";

export interface TestStore {
  databaseUrl: string;
  database: Database;
  blocks: BlockStore;
  runs: RunAreas;
  datasets: Datasets;
  datasetBlocks: BlockStore;
  /** From where the options allow it: by default from nowhere. */
  fetchInput: FetchInput;
  uploads: Uploads;
  imports: Imports;
  /** The same, opened once more on a copy of the database as it is on the disk now: what a crash would leave. The blocks are the same. */
  afterCrash(): Promise<TestStore>;
  /** Copies all of it at once, without opening the copy. @returns What opens it, once. */
  crashNow(): () => Promise<TestStore>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** How data is fetched from addresses. */
  reading?: Partial<ReadingParts>;
  now?: () => EpochMs;
  quotas?: Quotas;
  /** Told of every commit of the database; not of those of its copies. */
  onCommit?: (moment: Moment) => void;
}

export async function openTestStore(options: StoreOptions = {}): Promise<TestStore> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-"));
  copyDatabase(await (template ??= migratedFile()), path.join(folder, FILE));
  return openIn(folder, options);
}

const FILE = "grid.db";

/** Migrating takes longer than most tests. */
let template: Promise<string> | undefined;

async function migratedFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-"));
  const file = path.join(folder, "grid.db");
  await migrate(`file:${file}`);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return file;
}

const QUICKLY: ReadingParts = {
  rules: { hosts: [], privateHosts: [] },
  resolve: resolveByName,
  ...{ maxBytes: Infinity, maxMs: 60_000, idleMs: 20_000, retryMs: 1 },
};

async function openIn(
  folder: string,
  { onCommit, ...options }: StoreOptions,
  /** Of the store whose crash it is opened after: that one may go on, and a folder of blocks has one store. */
  shared: { blocks: BlockStore; folder: string } | null = null,
): Promise<TestStore> {
  const blocksIn = shared?.folder ?? path.join(folder, "blocks");
  const now = options.now ?? (() => AT);
  const reading = { ...QUICKLY, ...options.reading };
  const databaseUrl = `file:${path.join(folder, FILE)}`;
  const database = await (onCommit ? openWatchedDatabase(databaseUrl, onCommit) : openDatabase(databaseUrl));
  const blocks = shared?.blocks ?? (await openDiskBlockStore(blocksIn));
  const datasetBlocks = await openDiskBlockStore(path.join(blocksIn, "datasets"));
  const datasets = await openDatasets({
    database,
    blocks: datasetBlocks,
    now,
    quotas: options.quotas ?? { bytesPerUser: Infinity, bytesInAll: Infinity },
    holdersOf: (digests) => digests.map(() => 0),
  });
  const uploads = openUploads({ database, blocks: datasetBlocks, now }, datasets);
  const imports = openImports({ database, uploads, reading, now });

  function copyOf(areas: readonly string[]): string {
    const copy = path.join(folder, `crash-${crypto.randomUUID()}`);
    mkdirSync(copy);
    copyDatabase(path.join(folder, FILE), path.join(copy, FILE));
    for (const area of areas) cpSync(path.join(folder, area), path.join(copy, area), { recursive: true });
    return copy;
  }

  return {
    ...{ uploads, imports, fetchInput: openInputFetcher(datasets, reading) },
    databaseUrl,
    database,
    blocks,
    runs: await openRunAreas(path.join(folder, "runs"), () => true),
    datasets,
    datasetBlocks,
    afterCrash: () => openIn(copyOf(["runs"]), options, { blocks, folder: blocksIn }),
    crashNow() {
      const copy = copyOf(["runs", "blocks"]);
      return () => openIn(copy, options);
    },
    async close() {
      await imports.close();
      await datasets.close();
      await closeDatabase(database);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** At one blow: the driver works, and tidies up after connections, between one turn of the event loop and the next. */
function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to);
  // What is committed and not yet part of the file itself.
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}
