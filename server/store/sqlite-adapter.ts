/**
 * How the grid talks to SQLite: Prisma's libsql adapter, kept on one connection with known settings.
 *
 * The libsql client gives its connection away to every transaction, never closes it, and opens another for
 * what follows. The settings below belong to a connection, so after the first transaction they would be
 * gone, and each transaction would leak a file handle. The adapter runs one statement or transaction at a
 * time anyway, so a transaction can stay on the connection it began on.
 */
import {
  createClient,
  LibsqlError,
  type Client,
  type Config,
  type InStatement,
  type ResultSet,
  type Transaction,
  type TransactionMode,
} from "@libsql/client";
import { PrismaLibSql } from "@prisma/adapter-libsql";

/**
 * Write-ahead log: readers do not wait for the writer. FULL: a commit is on the disk when it returns, which
 * "acknowledged means durable" rests on. The wait is for another process that holds the file; it is short, because
 * the driver blocks this one meanwhile, and whoever must not fail tries again.
 */
const SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 250;";

const BEGIN: Record<TransactionMode, string> = {
  write: "BEGIN IMMEDIATE",
  read: "BEGIN TRANSACTION READONLY",
  deferred: "BEGIN DEFERRED",
};

/** @param databaseUrl `file:` and a path. */
export function sqliteAdapter(databaseUrl: string): PrismaLibSql {
  return new OneConnection({ url: databaseUrl });
}

class OneConnection extends PrismaLibSql {
  override async connect() {
    const adapter = await super.connect();
    await adapter.executeScript(SETTINGS);
    return adapter;
  }

  /** Where the schema engine replays migrations to learn where they lead. */
  override async connectToShadowDb() {
    const adapter = await super.connectToShadowDb();
    // The engine sends a whole migration as one query, of which the client would run the first statement only.
    adapter.executeRaw = async ({ sql }) => {
      await adapter.executeScript(sql);
      return 0;
    };
    return adapter;
  }

  override createClient(config: Config): Client {
    const client = namingRefusedWrites(renewedWhenBusy(createClient(config)));
    client.transaction = async (mode: TransactionMode = "write") => {
      await client.execute(BEGIN[mode]);
      return transactionOn(client);
    };
    return client;
  }
}

/**
 * Opens the connection anew after a statement that found the database locked. The driver leaves such a statement
 * unfinished, and while it is, SQLite commits nothing: what follows looks written, and is gone after a crash.
 */
function renewedWhenBusy(client: Client): Client {
  const execute = client.execute.bind(client) as (statement: InStatement) => Promise<ResultSet>;
  client.execute = async (statement: InStatement) => {
    try {
      return await execute(statement);
    } catch (error) {
      if (error instanceof LibsqlError && error.code === "SQLITE_BUSY") {
        // The old connection keeps its locks until the driver collects it, unless it gives them back.
        await client.executeMultiple("ROLLBACK").catch(() => {});
        client.reconnect();
        await client.executeMultiple(SETTINGS);
      }
      throw error;
    }
  };
  return client;
}

/** SQLite's own numbers for writes that the system refused: to its files, and of the memory that its connections share. */
const REFUSED_WRITES: ReadonlySet<number | undefined> = new Set([778, 4874]);

/** The driver calls them input or output errors like any other. They are what a quota gives that is used up: only a disk without room is FULL to SQLite. */
function namingRefusedWrites(client: Client): Client {
  const execute = client.execute.bind(client) as (statement: InStatement) => Promise<ResultSet>;
  const executeMultiple = client.executeMultiple.bind(client);
  client.execute = (statement: InStatement) => execute(statement).catch(nameRefusedWrite);
  client.executeMultiple = (script) => executeMultiple(script).catch(nameRefusedWrite);
  return client;
}

function nameRefusedWrite(error: unknown): never {
  if (!(error instanceof LibsqlError) || !REFUSED_WRITES.has(error.rawCode)) throw error;
  const code = "SQLITE_IOERR_WRITE";
  throw new LibsqlError("a write was refused", code, code, error.rawCode, error);
}

/** A transaction that lives on the client's own connection, from BEGIN to COMMIT or ROLLBACK. */
function transactionOn(client: Client): Transaction {
  let closed = false;
  const rollback = async () => {
    closed = true;
    // When the disk is full, SQLite has rolled back by itself, and says that there is nothing to undo.
    await client.execute("ROLLBACK").catch(() => {});
  };
  return {
    get closed() {
      return closed;
    },
    execute: (statement) => client.execute(statement),
    batch: (statements) => Promise.all(statements.map((statement) => client.execute(statement))),
    executeMultiple: (script) => client.executeMultiple(script),
    async commit() {
      closed = true;
      try {
        await client.execute("COMMIT");
      } catch (error) {
        // Left open, it would take in whatever this connection does next.
        await rollback();
        throw error;
      }
    },
    rollback,
    close: () => {
      if (!closed) void rollback();
    },
  };
}
