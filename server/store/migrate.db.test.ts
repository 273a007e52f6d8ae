import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeDatabase, openDatabase, type Database } from "./database";
import { lockFolder } from "./lock";
import { migrate, pendingSchemaChange } from "./migrate";

const T0 = 1_800_000_000_000;
const volunteer = { id: "ada", createdAt: T0, lastSeenAt: T0 + 0.5 };

/** As it was before jobs could be found by what they read. */
const BEFORE_0150 = [
  `DROP TABLE "JobRead"`,
  `DROP INDEX "Job_correctionJson_idx"`,
  `DROP INDEX "Pipeline_repeats_idx"`,
  `ALTER TABLE "Pipeline" DROP COLUMN "repeats"`,
  `DELETE FROM "_prisma_migrations" WHERE "migration_name" = '0150_recomputing'`,
];

describe("database", () => {
  let folder: string;
  let url: string;
  let database: Database;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tabgrid-"));
    url = `file:${path.join(folder, "grid.db")}`;
    await migrate(url);
    database = await openDatabase(url);
  });

  afterEach(async () => {
    await closeDatabase(database);
    await rm(folder, { recursive: true });
  });

  it("has every table after migrating, and gives back the row that was put in", async () => {
    await database.volunteer.create({ data: volunteer });
    expect(await database.volunteer.findMany()).toEqual([
      { ...volunteer, acceptedTasks: 0, invalidTasks: 0, computeMs: 0, account: null },
    ]);
    expect(await database.job.count()).toBe(0);
    expect(await database.copy.count()).toBe(0);
    expect(await database.acceptance.count()).toBe(0);
  });

  it("keeps its rows when it is migrated again", async () => {
    await database.volunteer.create({ data: volunteer });
    await migrate(url);
    expect(await database.volunteer.count()).toBe(1);
  });

  it("[ST15] does not take a migration that broke off for one that was applied", async () => {
    await database.$executeRawUnsafe(
      "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '0001_init'",
    );
    await expect(migrate(url)).rejects.toThrow(/failed/i);
  });

  it("[ST16] finds what jobs of an earlier version were made of, also from the other end", async () => {
    const row = { name: "b", state: "completed", programDigest: "", planJson: "", stagesJson: "" };
    const rest = { optionsJson: "", configJson: "", createdAt: T0 };
    const reads = [
      { jobId: "a", use: "input", corrected: 0 },
      { jobId: "c", use: "config", corrected: 0 },
      { jobId: "c", use: "config", corrected: 1 },
    ];
    await database.job.createMany({
      data: [
        { id: "a", ...row, ...rest },
        { id: "b", ...row, ...rest, readsJson: JSON.stringify(reads) },
      ],
    });
    for (const sql of BEFORE_0150) await database.$executeRawUnsafe(sql);
    await migrate(url);
    expect(await database.jobRead.findMany({ orderBy: { sourceId: "asc" } })).toEqual([
      { sourceId: "a", jobId: "b" },
      { sourceId: "c", jobId: "b" },
    ]);
  });

  it("writes ahead and waits for the disk, also after a transaction", async () => {
    expect(await durability()).toEqual({ journal: "wal", synchronous: 2 });
    await database.$transaction(async (transaction) => transaction.volunteer.create({ data: volunteer }));
    expect(await durability()).toEqual({ journal: "wal", synchronous: 2 });
  });

  it("undoes all of a transaction that fails, and goes on", async () => {
    const failing = database.$transaction(async (transaction) => {
      await transaction.volunteer.create({ data: volunteer });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await database.volunteer.count()).toBe(0);
  });

  it("still has its rows when it is closed and opened again", async () => {
    await database.volunteer.create({ data: volunteer });
    await closeDatabase(database);
    database = await openDatabase(url);
    expect(await database.volunteer.count()).toBe(1);
  });

  it("[ST10] holds nothing back after a commit that fails, and leaves no transaction open", async () => {
    await database.$executeRawUnsafe("PRAGMA foreign_keys = ON");
    await database.$executeRawUnsafe(
      'CREATE TABLE later (v TEXT REFERENCES "Volunteer" (id) DEFERRABLE INITIALLY DEFERRED)',
    );
    // A reference that is looked at last: COMMIT itself fails, as it does when the disk is full.
    const failing = database.$transaction([
      database.$executeRawUnsafe("INSERT INTO later VALUES ('nobody')"),
    ]);
    await expect(failing).rejects.toThrow();
    await database.$transaction([database.volunteer.create({ data: volunteer })]);
    expect(await database.volunteer.count()).toBe(1);
    expect(await database.$queryRawUnsafe("SELECT * FROM later")).toEqual([]);
  });

  it("[ST11] refuses a database that a newer version has written, and names the migration", async () => {
    const row = "('x', 'x', '29990101000000_later', 1, 1, 1)";
    await database.$executeRawUnsafe(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES ${row}`,
    );
    await expect(migrate(url)).rejects.toMatchObject({
      name: "StartFailure",
      message: expect.stringContaining("29990101000000_later") as string,
    });
  });

  it("[ST12] refuses a file that is no database, and names it", async () => {
    const file = path.join(folder, "other.db");
    await writeFile(file, "not a database ".repeat(100));
    await expect(migrate(pathToFileURL(file).href)).rejects.toMatchObject({
      name: "StartFailure",
      message: expect.stringContaining(file) as string,
    });
  });

  it("[ST13] lets one coordinator at a time use a folder", async () => {
    const unlock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ name: "StartFailure" });
    await unlock();
    await (
      await lockFolder(folder)
    )();
  });

  /** SQLite's answer for synchronous=FULL is 2. */
  async function durability() {
    const journal = await database.$queryRaw<{ journal_mode: string }[]>`PRAGMA journal_mode`;
    const synchronous = await database.$queryRaw<{ synchronous: bigint | number }[]>`PRAGMA synchronous`;
    return { journal: journal[0]?.journal_mode, synchronous: Number(synchronous[0]?.synchronous) };
  }
});

it("the committed migrations lead to the models in prisma/schema.prisma", async () => {
  // Fails? Run `npm run db:migration -- NAME`, read what it wrote, and commit it.
  expect(await pendingSchemaChange()).toBe("");
});
