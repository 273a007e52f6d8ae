/** A database that says of every commit when it comes and when it has come: of transactions, and of single statements that write. */
import type { Client, InStatement, ResultSet } from "@libsql/client";
import { PrismaClient } from "../server/store/generated/client";
import type { Database } from "../server/store/database";
import { sqliteAdapter } from "../server/store/sqlite-adapter";

export type Moment = "before" | "after";

/** @param onCommit Told at once: the database on the disk is, until it returns, as a crash at that moment would leave it. */
export async function openWatchedDatabase(
  databaseUrl: string,
  onCommit: (moment: Moment) => void,
): Promise<Database> {
  const adapter = sqliteAdapter(databaseUrl);
  const createClient = adapter.createClient.bind(adapter);
  adapter.createClient = (config) => watched(createClient(config), onCommit);
  const database = new PrismaClient({ adapter });
  await database.$connect();
  return database;
}

/** Transactions run over the client's own `execute`, from BEGIN to COMMIT. */
function watched(client: Client, onCommit: (moment: Moment) => void): Client {
  const execute = client.execute.bind(client) as (statement: InStatement) => Promise<ResultSet>;
  let isInTransaction = false;
  client.execute = async (statement: InStatement) => {
    const sql = typeof statement === "string" ? statement : statement.sql;
    if (/^\s*BEGIN/i.test(sql)) isInTransaction = true;
    const ends = /^\s*(COMMIT|ROLLBACK)/i.exec(sql);
    const commits = ends === null ? !isInTransaction && WRITES.test(sql) : /COMMIT/i.test(sql);
    if (commits) onCommit("before");
    const result = await execute(statement);
    if (ends !== null) isInTransaction = false;
    if (commits) onCommit("after");
    return result;
  };
  return client;
}

const WRITES = /^\s*(INSERT|UPDATE|DELETE)/i;
