import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeDatabase, openDatabase, type Database } from "./database";
import { migrate, pendingSchemaChange } from "./migrate";

const T0 = 1_800_000_000_000;
const volunteer = { id: "ada", createdAt: T0, lastSeenAt: T0 + 0.5 };

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
      { ...volunteer, acceptedTasks: 0, invalidTasks: 0, computeMs: 0 },
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
