/** Starts the coordinator: wires its parts, and is the only place that does. */
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import type { EpochMs } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { serveBlocks } from "./blocks/block-routes";
import { openDiskBlockStore } from "./blocks/disk-block-store";
import { readConfig } from "./config";
import { openCoordinator } from "./coordinator";
import { openFeed } from "./feed";
import { openGateway } from "./gateway";
import { publishGrid } from "./grid-api";
import { openGridService, openJobViewer } from "./grid-service";
import { serveSandbox } from "./http/sandbox-page";
import { openLine } from "./line";
import { restoreJobs } from "./restore";
import { openRoster } from "./roster";
import { closeDatabase, openDatabase } from "./store/database";
import { openLedger } from "./store/ledger";
import { migrate } from "./store/migrate";
import { openVolunteerReports } from "./volunteer-reports";
import { openWeb } from "./web";

const TICK_MS = 500;

const { port, host, dataDir, databaseUrl, blocksDir, dev } = readConfig(process.env);
const now = () => Date.now() as EpochMs;
const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };

await mkdir(dataDir, { recursive: true });
await migrate(databaseUrl);
const database = await openDatabase(databaseUrl);
const ledger = openLedger(database, now);
const blocks = await openDiskBlockStore(blocksDir);
const roster = openRoster(database);
const coordinator = openCoordinator({
  database,
  ledger,
  blocks,
  now,
  onEffect(effect) {
    roster.note(effect);
    feed.note(effect);
    grid.note(effect);
  },
});
const viewer = openJobViewer({ coordinator, database, ledger, now });
const feed = openFeed({
  viewJob: viewer.view,
  activeJobs: () => coordinator.grid.jobs.keys(),
  status: () => grid.status(),
  volunteers: () => roster.list(coordinator.grid),
});
const grid = openGridService({ coordinator, database, ledger, blocks, roster, feed, now, version }, viewer);
await restoreJobs(coordinator, database, blocks);

const httpServer = createServer();
const io = new Server(httpServer, {
  path: "/socket.io",
  transports: ["websocket"],
  maxHttpBufferSize: LIMITS.transportBytes,
  // A volunteer whose machine has stopped is noticed within the sum of the two.
  pingInterval: 5_000,
  pingTimeout: 7_000,
  destroyUpgrade: !dev,
});
coordinator.volunteers = openLine(openGateway(io, openVolunteerReports(coordinator, blocks, roster, feed)));
const answerBlocks = serveBlocks(blocks);
const answerSandbox = serveSandbox(await readFile("dist/sandbox-boot.js", "utf8"));
const web = await openWeb({
  dev,
  httpServer,
  port,
  hostname: host,
  before: (request, response) => answerBlocks(request, response) || answerSandbox(request, response),
});
const ticking = setInterval(() => coordinator.dispatch({ type: "tick" }), TICK_MS);
publishGrid(grid);

httpServer.listen(port, host, () => {
  const { port: actualPort } = httpServer.address() as AddressInfo;
  const url = `http://${host === "0.0.0.0" ? "localhost" : host}:${actualPort}`;
  console.log(`Tabgrid ${version} is ready\n  Dashboard  ${url}/\n  Volunteer  ${url}/volunteer`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close());

/** Stops taking requests, then commits what waits. */
async function close(): Promise<void> {
  clearInterval(ticking);
  feed.close();
  await io.close();
  httpServer.closeAllConnections();
  await web.close();
  await ledger.close();
  await closeDatabase(database);
  process.exit(0);
}
