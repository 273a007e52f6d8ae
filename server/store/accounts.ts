/** Accounts, and which volunteers belong to them. */
import type { EpochMs } from "../../protocol/ids";
import { AccountId, VolunteerId } from "../../protocol/ids";
import type { Database } from "./database";

export interface StoredAccount {
  readonly id: AccountId;
  /** SHA-256 of its key, in hexadecimal. */
  readonly keyDigest: string;
  readonly createdAt: EpochMs;
}

export async function insertAccount(database: Database, account: StoredAccount): Promise<void> {
  await database.account.create({ data: account });
}

export async function findAccount(database: Database, id: AccountId): Promise<StoredAccount | null> {
  const row = await database.account.findUnique({ where: { id } });
  return (
    row && { id: AccountId.parse(row.id), keyDigest: row.keyDigest, createdAt: row.createdAt as EpochMs }
  );
}

export function countAccounts(database: Database): Promise<number> {
  return database.account.count();
}

/** Deletes those that were made before a moment and that no volunteer belongs to. @returns How many. */
export function deleteUnusedAccounts(database: Database, before: EpochMs): Promise<number> {
  return database.$executeRawUnsafe(DELETE_UNUSED, before);
}

const DELETE_UNUSED = `
DELETE FROM "Account" WHERE "createdAt" < ? AND NOT EXISTS (SELECT 1 FROM "Volunteer" AS v WHERE v."account" = "Account"."id")`;

/** All volunteers that belong to an account. */
export async function readMembers(
  database: Database,
): Promise<{ volunteerId: VolunteerId; account: AccountId }[]> {
  const rows = await database.volunteer.findMany({
    where: { account: { not: null } },
    select: { id: true, account: true },
  });
  return rows.map(({ id, account }) => ({
    volunteerId: VolunteerId.parse(id),
    account: AccountId.parse(account),
  }));
}

/** What the volunteers of one account have earned. */
export async function readMembersOf(database: Database, account: AccountId) {
  const rows = await database.volunteer.findMany({ where: { account }, orderBy: { lastSeenAt: "desc" } });
  return rows.map(({ id, lastSeenAt, acceptedTasks, computeMs }) => ({
    id: VolunteerId.parse(id),
    lastSeenAt: lastSeenAt as EpochMs,
    acceptedTasks,
    computeMs,
  }));
}

/** A volunteer that has earned nothing yet has no row before. What it has earned stays with it. */
export async function setMember(
  database: Database,
  id: VolunteerId,
  account: AccountId | null,
  at: EpochMs,
): Promise<void> {
  await database.volunteer.upsert({
    where: { id },
    create: { id, createdAt: at, lastSeenAt: at, account },
    update: { account },
  });
}

/** Of volunteers that belong to accounts, all in one commit. */
export async function noteSeen(
  database: Database,
  seen: Iterable<readonly [VolunteerId, EpochMs]>,
): Promise<void> {
  await database.$executeRawUnsafe(NOTE_SEEN, JSON.stringify([...seen]));
}

const NOTE_SEEN = `
UPDATE "Volunteer" SET "lastSeenAt" = v.value ->> 1
FROM json_each(?) AS v
WHERE "Volunteer"."id" = v.value ->> 0 AND "Volunteer"."account" IS NOT NULL AND "Volunteer"."lastSeenAt" < v.value ->> 1`;
