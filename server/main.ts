/** Starts the coordinator: wires its parts, and is the only place that does. */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { closeDatabase, openDatabase } from "./store/database";
import { migrate } from "./store/migrate";
import { openWeb } from "./web";

const dev = process.env.NODE_ENV === "development";
const port = Number(process.env.PORT ?? 3000);
const hostname = process.env.HOST ?? "127.0.0.1";
const databaseUrl = `file:${path.resolve(process.env.TABGRID_DATA ?? "data", "grid.db")}`;

await mkdir(path.dirname(databaseUrl.slice("file:".length)), { recursive: true });
await migrate(databaseUrl);
const database = await openDatabase(databaseUrl);
const httpServer = createServer();
const web = await openWeb({ dev, httpServer, port, hostname, before: () => false });

httpServer.listen(port, hostname, () => {
  console.log(`Dashboard  http://${hostname}:${port}/\nVolunteer  http://${hostname}:${port}/volunteer`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void close());

let isClosing = false;

async function close(): Promise<void> {
  // Ctrl-C arrives twice under npm: from the terminal, and passed on by npm.
  if (isClosing) return;
  isClosing = true;
  httpServer.closeAllConnections();
  await new Promise((resolve) => httpServer.close(resolve));
  await web.close();
  await closeDatabase(database);
  process.exit(0);
}
