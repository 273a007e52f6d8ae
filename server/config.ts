/** What an operator can set, all by environment variables; a wrong value stops the start with words that help. */
import path from "node:path";
import * as z from "zod";

const Environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  HOST: z.string().min(1).default("127.0.0.1"),
  TABGRID_DATA_DIR: z.string().min(1).default("data"),
});

export interface Config {
  port: number;
  /** The address to listen on; 0.0.0.0 for all. */
  host: string;
  dataDir: string;
  databaseUrl: string;
  blocksDir: string;
  dev: boolean;
}

/** @throws {Error} If a variable does not hold what it should; the message names it. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw new Error(`${name}: ${issue?.message}; got ${JSON.stringify(environment[name])}`);
  }
  const { PORT, HOST, TABGRID_DATA_DIR } = parsed.data;
  const dataDir = path.resolve(TABGRID_DATA_DIR);
  return {
    port: PORT,
    host: HOST,
    dataDir,
    databaseUrl: `file:${path.join(dataDir, "grid.db")}`,
    blocksDir: path.join(dataDir, "blocks"),
    dev: environment.NODE_ENV === "development",
  };
}
