/** A real database and block store in a folder that is thrown away, for tests of what keeps its state there. */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openRunAreas, type RunAreas } from "../server/blocks/run-areas";
import { openDiskBlockStore } from "../server/blocks/disk-block-store";
import { openDatasets, type Datasets } from "../server/datasets/datasets";
import type { BlockStore } from "../server/grid-api";
import { AT } from "./facts";
import { closeDatabase, openDatabase, type Database } from "../server/store/database";
import { migrate } from "../server/store/migrate";

export interface TestStore {
  databaseUrl: string;
  database: Database;
  blocks: BlockStore;
  runs: RunAreas;
  datasets: Datasets;
  datasetBlocks: BlockStore;
  /** The same, opened once more on a copy of the database as it is on the disk now: what a crash would leave. */
  afterCrash(): Promise<TestStore>;
  close(): Promise<void>;
}

export async function openTestStore(): Promise<TestStore> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-"));
  const file = path.join(folder, "grid.db");
  copyDatabase(await (template ??= migratedFile()), file);
  return openIn(folder, file, await openDiskBlockStore(path.join(folder, "blocks")));
}

/** Migrating takes longer than most tests. */
let template: Promise<string> | undefined;

async function migratedFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-"));
  const file = path.join(folder, "grid.db");
  await migrate(`file:${file}`);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return file;
}

async function openIn(folder: string, file: string, blocks: BlockStore): Promise<TestStore> {
  const databaseUrl = `file:${file}`;
  const database = await openDatabase(databaseUrl);
  const datasetBlocks = await openDiskBlockStore(path.join(folder, "blocks", "datasets"));
  const datasets = await openDatasets({
    database,
    blocks: datasetBlocks,
    now: () => AT,
    quotas: { bytesPerUser: Infinity, bytesInAll: Infinity },
    holdersOf: (digests) => digests.map(() => 0),
  });
  return {
    databaseUrl,
    database,
    blocks,
    runs: await openRunAreas(path.join(folder, `runs-${crypto.randomUUID()}`), () => true),
    datasets,
    datasetBlocks,
    async afterCrash() {
      const copy = path.join(folder, `crash-${crypto.randomUUID()}.db`);
      copyDatabase(file, copy);
      return openIn(folder, copy, blocks);
    },
    async close() {
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
