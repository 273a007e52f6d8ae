/** What volunteers have shown in jobs of a program: see `core/trust/program-records.ts`. */
import { MOST_RECORDS, type KeptRecords } from "../../core/trust/program-records";
import { Digest, VolunteerId, type EpochMs } from "../../protocol/ids";
import type { Database } from "./database";
import type { CatchRow } from "./facts";
import type { JobRowChange } from "./ledger";

/** What the end of a job leaves of records, as statements of the commit that stores that end. They can be repeated. */
export function keepRecords(database: Database, change: JobRowChange) {
  if (!("records" in change) || change.records === undefined) return [];
  const { program, agreed, forgotten } = change.records;
  return [
    database.$executeRawUnsafe(KEEP, program, change.endedAt ?? 0, JSON.stringify(agreed)),
    ...(forgotten.length > 0 ? [deleteProgramsOf(database, forgotten)] : []),
  ];
}

const KEEP = `
INSERT INTO "ProgramRecord" ("program", "volunteerId", "agreed", "keptAt")
SELECT ?1, value ->> 0, value ->> 1, ?2 FROM json_each(?3) WHERE true
ON CONFLICT ("program", "volunteerId") DO UPDATE SET
  "agreed" = max("ProgramRecord"."agreed", excluded."agreed"), "keptAt" = max("ProgramRecord"."keptAt", excluded."keptAt")`;

const deleteProgramsOf = (database: Database, programs: readonly Digest[]) =>
  database.$executeRawUnsafe(DELETE_PROGRAMS, JSON.stringify(programs));

const DELETE_PROGRAMS = `DELETE FROM "ProgramRecord" WHERE "program" IN (SELECT value FROM json_each(?))`;

/** Who is caught begins anew with every program. */
export function forgetCaught(database: Database, catches: readonly CatchRow[]) {
  const volunteerIds = catches.map(({ volunteerId }) => volunteerId);
  return catches.length > 0 ? [database.$executeRawUnsafe(FORGET, JSON.stringify(volunteerIds))] : [];
}

const FORGET = `DELETE FROM "ProgramRecord" WHERE "volunteerId" IN (SELECT value FROM json_each(?))`;

/** Forgets what was kept before a moment, and programs beyond so many records in all. */
export async function forgetOldRecords(
  database: Database,
  before: EpochMs,
  most = MOST_RECORDS,
): Promise<void> {
  await database.programRecord.deleteMany({ where: { keptAt: { lt: before } } });
  const programs = await database.$queryRawUnsafe<{ program: string; records: bigint | number }[]>(PROGRAMS);
  let size = 0;
  const beyond = programs.toReversed().filter(({ records }) => (size += Number(records)) > most);
  if (beyond.length > 0)
    await deleteProgramsOf(
      database,
      beyond.map(({ program }) => Digest.parse(program)),
    );
}

const PROGRAMS = `
SELECT "program", count(*) AS "records" FROM "ProgramRecord" GROUP BY "program" ORDER BY max("keptAt"), "program"`;

/** The one whose job ended last is the last. */
export async function findPrograms(database: Database): Promise<Digest[]> {
  const rows = await database.$queryRawUnsafe<{ program: string }[]>(PROGRAMS);
  return rows.map(({ program }) => Digest.parse(program));
}

/** Of one program, all at once. */
export async function readRecords(database: Database, program: Digest): Promise<KeptRecords["agreed"]> {
  const rows = await database.programRecord.findMany({
    where: { program },
    select: { volunteerId: true, agreed: true },
  });
  return rows.map(({ volunteerId, agreed }) => [VolunteerId.parse(volunteerId), agreed] as const);
}
