/**
 * Starts the coordinator: wires its parts, and is the only place that does.
 *
 * What keeps it from starting is said in one line; what goes wrong later and nobody expected ends the process,
 * because what it holds in memory may no longer be true. What is on the disk is, and is taken up at the next start.
 */
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { randomInt } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Server } from "socket.io";
import { blockKeyOf } from "../protocol/block-key";
import type { EpochMs } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { openAccounts } from "./accounts";
import { joinAreas } from "./blocks/block-areas";
import { serveBlocks } from "./blocks/block-routes";
import { openBlocks, originOfBlocks } from "./blocks/open-blocks";
import { openRunAreas } from "./blocks/run-areas";
import { isLoopback, readConfig } from "./config";
import { openCoordinator } from "./coordinator";
import { serveDatasets } from "./datasets/dataset-routes";
import { openDatasets } from "./datasets/datasets";
import { serveUploads } from "./datasets/upload-routes";
import { openUploads } from "./datasets/uploads";
import { isDiskFull } from "./disk-full";
import { openFeed } from "./feed";
import { readSecret } from "./grid-secret";
import { openGivenCopies } from "./given-copies";
import { openAddresses } from "./network-address";
import { openGateway } from "./gateway";
import { publishGrid } from "./grid-api";
import { openGridService } from "./grid-service";
import { openJobViewer } from "./job-viewer";
import { refuseEarly } from "./http/refuse-early";
import { allowFetchesFrom } from "./http/page-policy";
import { readRuntimeFiles, serveRuntimes } from "./http/runtime-files";
import { serveSandbox } from "./http/sandbox-page";
import { openJobOutputs } from "./job-output";
import { openLostBlocks } from "./lost-blocks";
import { openLine } from "./line";
import { openLoadWatch } from "./load-watch";
import { outputArea } from "./output-area";
import { log } from "./log";
import { foldProgramPath } from "./programs/program-address";
import { restoreJobs } from "./restore";
import { openRoster } from "./roster";
import { openRunningServices } from "./services/running-services";
import { openServiceControl } from "./services/service-control";
import { findServiceData } from "./services/service-data";
import { openServiceLine } from "./services/service-line";
import { serveServices } from "./services/service-routes";
import { resolveByName } from "./sources/ask-source";
import { openInputFetcher } from "./sources/fetch-input";
import { serveImports } from "./sources/import-routes";
import { openImports } from "./sources/imports";
import { explainFolder, reasonOf, step } from "./start-failure";
import { closeDatabase, openDatabase } from "./store/database";
import { readJobsWithRuns } from "./store/jobs";
import { openLedger } from "./store/ledger";
import { lockFolder } from "./store/lock";
import { migrate } from "./store/migrate";
import { openTaskProgress } from "./task-progress";
import { openTickets } from "./tickets";
import { openVolunteerReports } from "./volunteer-reports";
import { openWeb } from "./web";

const TICK_MS = 500;
/** How often uploads that nobody goes on with are looked for. */
const EXPIRE_MS = 60_000;
/** How long a connection that broke is waited with, before the data that it brought is asked for again. */
const FETCH_RETRY_MS = 500;
/** How long a stop may take; then it is done without waiting for the rest. */
const CLOSE_MS = 10_000;

process.on("unhandledRejection", endWith);
process.on("uncaughtException", endWith);

try {
  await start();
} catch (error) {
  const reason = reasonOf(error);
  console.error(reason === null ? error : `Tabgrid cannot start: ${reason}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const {
    port,
    host,
    dataDir,
    databaseUrl,
    blocksDir,
    dev,
    onePerAddress,
    leastPaceMs,
    trustedProxies,
    submitterWeights,
  } = config;
  const { datasetBytes, datasetBytesPerUser, sources } = config;
  const now = () => Date.now() as EpochMs;
  const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  const sandboxBoot = await step(readFile("dist/sandbox-boot.js", "utf8"), (code) =>
    code === "ENOENT" ? "dist/sandbox-boot.js is not there: run `npm run build`" : null,
  );
  const runtimeFiles = await step(readRuntimeFiles(), (code) =>
    code === "ENOENT" ? "dist/runtimes is not there: run `npm run build`" : null,
  );

  await step(mkdir(dataDir, { recursive: true }), explainFolder(dataDir));
  const unlock = await lockFolder(dataDir);
  const blocks = await openBlocks(config);
  await migrate(databaseUrl);
  const database = await openDatabase(databaseUrl);
  const ledger = openLedger(database);
  const datasetBlocks = await openBlocks(config, "datasets");
  const datasets = await openDatasets({
    database,
    blocks: datasetBlocks,
    now,
    quotas: { bytesPerUser: datasetBytesPerUser, bytesInAll: datasetBytes },
    holdersOf: (digests) =>
      digests.map((digest) => coordinator.grid.catalog.holdersOf(blockKeyOf(digest)).length),
  });
  const secret = await readSecret(dataDir);
  const tickets = openTickets(secret);
  const roster = openRoster(
    database,
    (id) => coordinator.grid.volunteers.has(id),
    () => ledger.record([], []),
  );
  const needed = new Set(
    (await readJobsWithRuns(database, now() - LIMITS.recheckWindowMs)).map(({ id }) => id),
  );
  const runs = await step(
    openRunAreas(path.join(blocksDir, "runs"), (id) => needed.has(id)),
    explainFolder(blocksDir),
  );
  const coordinator = openCoordinator({
    database,
    ledger,
    areas: { blocks, runs },
    isStored: async (digest) =>
      (await blocks.has(digest)) || (await runs.all.has(digest)) || datasetBlocks.has(digest),
    now,
    steadyNow: () => performance.now(),
    tickets,
    seed: randomInt(2 ** 32),
    policy: { ...LIMITS, leastPaceMs, onePerAddress, submitterWeights },
    onEffect(effect) {
      roster.note(effect);
      feed.note(effect);
      grid.note(effect);
      outputs.note(effect);
    },
  });
  const outputs = openJobOutputs({ database, blocks, now, committed: () => ledger.record([], []) });
  const running = openRunningServices({
    now,
    policy: { onePerAddress, startMs: LIMITS.instanceStartMs },
    findData: (path) => findServiceData(datasets, path),
  });
  const services = openServiceControl({ database, services: running, now });
  const progress = openTaskProgress(() => coordinator.grid);
  const viewer = openJobViewer({ coordinator, database, ledger, progress, now });
  const feed = openFeed({
    viewJob: viewer.view,
    activeJobs: () => coordinator.grid.jobs.keys(),
    status: () => grid.status(),
    volunteers: () => roster.list(coordinator.grid),
  });
  const reading = {
    ...sources,
    resolve: resolveByName,
    idleMs: LIMITS.urlIdleMs,
    retryMs: FETCH_RETRY_MS,
  };
  const accounts = openAccounts({ database, ledger, coordinator, services: running, feed, now });
  const readable = joinAreas(blocks, datasetBlocks, runs.all);
  const grid = openGridService(
    {
      readable,
      fetchInput: openInputFetcher(datasets, reading),
      coordinator,
      database,
      ledger,
      blocks,
      datasets,
      roster,
      feed,
      outputs,
      services,
      progress,
      accounts,
      now,
      version,
    },
    viewer,
  );
  await accounts.restore();
  await restoreJobs(coordinator, database, { blocks, runs }, now());
  await outputs.restore();
  await services.restore();
  await grid.pipelines.restore();
  void grid.recomputing.look();

  // Uploads may take hours; what else comes has its own limit.
  const httpServer = createServer({ requestTimeout: 0 });
  const io = new Server(httpServer, {
    path: "/socket.io",
    transports: ["websocket"],
    maxHttpBufferSize: LIMITS.transportBytes,
    // A volunteer whose machine has stopped is noticed within the sum of the two.
    pingInterval: 5_000,
    pingTimeout: 7_000,
    destroyUpgrade: !dev,
  });
  const reports = openVolunteerReports({
    coordinator,
    ledger,
    blocks,
    runs,
    roster,
    feed,
    outputs,
    services: running,
    progress,
    accounts,
    given: openGivenCopies({ grid: coordinator.grid, database, ledger, tickets, now }),
  });
  const addressOf = openAddresses(trustedProxies, secret);
  const sockets = openGateway(io, reports, addressOf);
  const line = openLine(sockets);
  coordinator.volunteers = line;
  running.line = openServiceLine(sockets);
  const answerBlocks = serveBlocks(
    readable,
    (taskId) => outputArea({ blocks, runs }, coordinator.jobs, taskId),
    openLostBlocks(coordinator, runs),
    (request) => addressOf(request) !== null,
  );
  const blocksOrigin = originOfBlocks(config);
  const uploads = openUploads({ database, blocks: datasetBlocks, now }, datasets);
  const imports = openImports({ database, uploads, reading, now });
  await imports.restore();
  const answerDatasets = serveDatasets(datasets, datasetBlocks, imports);
  const answerImports = serveImports(imports);
  const answerServices = serveServices(running);
  const answerUploads = serveUploads(uploads);
  const expire = () => Promise.all([uploads.expire(), imports.expire()]);
  const expiring = setInterval(() => void expire().catch(endUnlessFull), EXPIRE_MS);
  const answerRuntimes = serveRuntimes(runtimeFiles);
  const answerSandbox = serveSandbox(sandboxBoot);
  const web = await openWeb({
    dev,
    httpServer,
    port,
    hostname: host,
    before(request, response) {
      foldProgramPath(request);
      if (blocksOrigin !== null) allowFetchesFrom(blocksOrigin, response);
      return (
        refuseEarly(request, response) ||
        answerRuntimes(request, response) ||
        answerBlocks(request, response) ||
        answerServices(request, response) ||
        answerDatasets(request, response) ||
        answerUploads(request, response) ||
        answerImports(request, response) ||
        answerSandbox(request, response)
      );
    },
  });
  const loadSince = openLoadWatch();
  const ticking = setInterval(() => {
    coordinator.dispatch({ type: "loaded", ...loadSince() });
    coordinator.dispatch({ type: "tick" });
    running.tick();
    line.sendWaiting();
  }, TICK_MS);
  publishGrid(grid);

  const { port: actualPort } = await step(listen(httpServer, port, host), (code) =>
    explainListen(code, host, port),
  );
  const url = `http://${["0.0.0.0", "::"].includes(host) ? "localhost" : host}:${actualPort}`;
  console.log(`Tabgrid ${version} is ready\n  Dashboard  ${url}/\n  Volunteer  ${url}/volunteer`);
  if (!isLoopback(host)) {
    log.warn(
      { host },
      "there is no authentication yet: whoever reaches this address can submit and cancel jobs",
    );
  }

  // A terminal, npm and a supervisor may each pass on the same signal.
  let closing: Promise<void> | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void (closing ??= close().then(() => process.exit(0))));
  }

  /** Stops taking requests, then commits what waits. */
  async function close(): Promise<void> {
    setTimeout(() => process.exit(0), CLOSE_MS).unref();
    clearInterval(ticking);
    clearInterval(expiring);
    feed.close();
    await io.close();
    httpServer.closeAllConnections();
    await web.close();
    await imports.close();
    await grid.recomputing.close();
    await grid.pipelines.close();
    await datasets.close();
    await outputs.close();
    await accounts.close();
    await ledger.close();
    await closeDatabase(database);
    await unlock();
  }
}

async function listen(server: HttpServer, port: number, host: string): Promise<AddressInfo> {
  server.listen(port, host);
  await once(server, "listening");
  return server.address() as AddressInfo;
}

function explainListen(code: string, host: string, port: number): string | null {
  if (code === "EADDRINUSE") return `port ${port} of ${host} is in use; set PORT to another one`;
  if (code === "EACCES") return `port ${port} needs more rights; set PORT to one from 1024`;
  const isNotHere = ["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"].includes(code);
  return isNotHere ? `HOST is not an address of this machine; got ${host}` : null;
}

/** For what is done again before long. */
function endUnlessFull(error: unknown): void {
  if (isDiskFull(error)) log.warn({ err: error }, "what nobody goes on with stays: the disk is full");
  else endWith(error);
}

function endWith(error: unknown): void {
  log.fatal({ err: error }, "something went wrong that nobody expected; ending");
  process.exit(1);
}
