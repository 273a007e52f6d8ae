/**
 * Entry of /workers/agent.js: wires the agent to its browser. One per browser: a SharedWorker, or, where there is
 * none, the one of the tabs' dedicated workers that holds a lock.
 *
 *   page ── AgentApi ──▶ entry ──▶ agent ── socket.io, HTTP ──▶ coordinator
 */
import { answerOn, callsOver, moving } from "../comlink";
import { openAgent, type Agent } from "./agent";
import { noBlockStore, openBlockStore } from "./block-store";
import { openBlockServer } from "./blocks-http";
import { openCache } from "./cache";
import { workerClock } from "./clock";
import { openConnection } from "./connection";
import { findDevice } from "./device";
import { openDatabase } from "./database";
import { instancesOn } from "./instance-runner";
import { readRuntimeIndex } from "./job-code";
import { openOutbox } from "./outbox";
import { gatherWrites } from "./gathered-outbox";
import { memoryOutboxStore, openOutboxDatabase } from "./outbox-store";
import { AGENT_LOCK, type AgentApi, type PageApi } from "./page-api";
import type { PageControl, PageLink } from "./pages";
import { runnersOn, type SlotHost } from "./slot-runner";
import { openSocketIo } from "./socket";

const MIB = 1024 * 1024;
const MEMORY_BYTES = 64 * MIB;
const MAX_QUOTA_BYTES = 4096 * MIB;
/** Where the browser does not say how much there is. */
const DEFAULT_QUOTA_BYTES = 256 * MIB;
/** The rest is for outputs, and for whatever else the site keeps. An owner may choose another share. */
const QUOTA_SHARE = 0.3;

const reportBug = (error: unknown) => console.warn("tabgrid agent:", error);
const fetchHere = (url: string, init?: RequestInit) => fetch(url, init);
const random = () => Math.random();

// Pages without https have no Web Locks: there every tab is a volunteer of its own where SharedWorker is missing.
const locks = "locks" in navigator ? navigator.locks : null;
const isShared = "onconnect" in self;
const agent = isShared || !locks ? start() : elected(locks);

self.addEventListener(isShared ? "connect" : "message", (event) => {
  const port = event instanceof MessageEvent ? event.ports[0] : undefined;
  if (port) answerOn(port, pageDesk());
});

/** The agent, once this worker is the one that holds the lock; until then another tab's is. */
function elected(locks: LockManager): Promise<Agent> {
  return new Promise((resolve) => {
    const held = locks.request(AGENT_LOCK, () => {
      resolve(start());
      return new Promise<never>(() => {});
    });
    held.catch(reportBug);
  });
}

async function start(): Promise<Agent> {
  const db = await openDatabase(reportBug);
  const server = openBlockServer({ fetch: fetchHere, clock: workerClock, random });
  const cache = await openCache({
    store: db ? openBlockStore(db) : noBlockStore,
    server,
    clock: workerClock,
    quotaBytes: db ? await quotaBytes(QUOTA_SHARE) : 0,
    memoryBytes: MEMORY_BYTES,
    reportBug,
  });
  const outbox = await openOutbox(
    db ? gatherWrites(openOutboxDatabase(db), workerClock, reportBug) : memoryOutboxStore(),
    reportBug,
  );
  const web = { openSocket: openSocketIo, fetch: fetchHere, clock: workerClock, random, reportBug };
  return openAgent({
    outbox,
    cache,
    server,
    clock: workerClock,
    random,
    device: await findDevice(),
    readRuntimeIndex: () => readRuntimeIndex(web),
    connect: (listener) => openConnection(web, listener),
    reportBug,
    outdated: () => self.close(),
  });
}

async function quotaBytes(share: number): Promise<number> {
  const { quota } = "storage" in navigator ? await navigator.storage.estimate() : {};
  return quota === undefined
    ? (DEFAULT_QUOTA_BYTES * share) / QUOTA_SHARE
    : Math.min(quota * share, MAX_QUOTA_BYTES);
}

/** What one page can call. */
function pageDesk(): AgentApi {
  let attached: Promise<PageControl> = Promise.reject(new Error("The page has not attached itself"));
  attached.catch(() => {});
  return {
    async attach({ lockName, port }) {
      attached = agent.then((opened) => opened.attach(linkTo(port, lockName)));
      await attached;
    },
    async start(slotCount, tags) {
      const control = await attached;
      (await agent).setTags(tags);
      control.setSlotCount(slotCount);
    },
    keepBlocks: async (share) => (await agent).setQuota(await quotaBytes(Math.min(1, Math.max(0, share)))),
    stop: async () => (await attached).setSlotCount(0),
    leave: async () => (await attached).leave(),
    slotFailed: async (slotId, message) => (await attached).slotFailed(slotId, message),
  };
}

function linkTo(port: MessagePort, lockName: string | null): PageLink {
  const page = callsOver<PageApi>(port);
  const host: SlotHost = {
    spawn: (slotId, slotPort) => page.spawn(slotId, moving(slotPort, [slotPort])),
    kill: (slotId) => page.kill(slotId),
  };
  return {
    openRunner: runnersOn(host, reportBug),
    openInstance: instancesOn(host, reportBug),
    ping: () => page.ping(),
    isThere: () => page.isThere(),
    resetSandbox: () => page.resetSandbox(),
    show: (status) => page.show(status),
    reload: () => page.reload(),
    gone: locks && lockName !== null ? locks.request(lockName, () => {}) : new Promise<never>(() => {}),
  };
}
