/**
 * A page's part in volunteering: finds the agent, lends it a sandbox, passes on what the owner wants.
 *
 *   page ──▶ agent (SharedWorker, or a Worker where there is none) ──▶ coordinator
 *     └────▶ sandbox iframe ──▶ slots' workers
 *
 * Sets no timers, because those of a hidden page hardly run; it answers messages, which arrive all the same.
 */
import { answerOn, callsOver, moving, type Calls } from "../comlink";
import { PAGE_LOCK_PREFIX, type AgentApi, type PageApi } from "../agent/page-api";
import type { VolunteerStatus } from "../status";
import { openSandboxFrame, type SandboxFrame } from "./sandbox-frame";

export interface VolunteerClient {
  /**
   * Changes what is chosen when it runs already.
   *
   * @param slotCount Tasks this tab may run at once, a whole number from 1.
   * @param tags Words by which jobs may ask for this browser; the same for all its tabs.
   */
  start(slotCount: number, tags: readonly string[]): Promise<void>;
  /** @param share Of the storage that the browser gives to the site, from 0 to 1: so much may be kept of blocks. */
  keepBlocks(share: number): Promise<void>;
  /** What runs is given back; finished outputs are still delivered. */
  stop(): Promise<void>;
  /** Calls back with the newest status now, if there is one, and after changes. @returns How to stop. */
  subscribe(listener: (status: VolunteerStatus) => void): () => void;
  /** Detaches this page, which ends its slots. */
  close(): void;
}

const AGENT_URL = "/workers/agent.js";
/** Pages that were told to reload and got the same old version again must not go on for ever. */
const RELOADED_KEY = "tabgrid-reloaded-at";
const MIN_RELOAD_MS = 60_000;

export function openVolunteer(): VolunteerClient {
  const agent = openAgentLine();
  const frame = openSandboxFrame((slotId, message) => void agent.calls.slotFailed(slotId, message));
  const listeners = new Set<(status: VolunteerStatus) => void>();
  const closing = new AbortController();
  let latest: VolunteerStatus | null = null;

  const attached = attach(agent.calls, frame, show, closing.signal);
  // Each caller of start or stop hears of it.
  attached.catch(() => {});
  addEventListener("pagehide", leave);
  addEventListener("pageshow", reloadIfRevived);

  return {
    async start(slotCount, tags) {
      askToPersist();
      await attached;
      await agent.calls.start(slotCount, tags);
    },
    async keepBlocks(share) {
      await attached;
      await agent.calls.keepBlocks(share);
    },
    async stop() {
      await attached;
      await agent.calls.stop();
    },
    subscribe(listener) {
      listeners.add(listener);
      if (latest) listener(latest);
      return () => listeners.delete(listener);
    },
    close() {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", reloadIfRevived);
      leave();
      closing.abort();
      frame.close();
      listeners.clear();
    },
  };

  function show(status: VolunteerStatus): void {
    latest = status;
    for (const listener of listeners) listener(status);
  }

  function leave(): void {
    void agent.calls.leave();
  }
}

/**
 * Storage that may be cleared by the browser is a cache that may be cold. Some browsers ask their owner: they are
 * only asked when someone has just pressed start.
 */
function askToPersist(): void {
  if (!("storage" in navigator) || !navigator.userActivation?.isActive) return;
  // A refusal changes nothing: blocks are kept as long as the browser likes.
  navigator.storage.persist().catch(() => false);
}

/** Back from the browser's history cache: the agent was told that this page had gone. */
function reloadIfRevived(event: PageTransitionEvent): void {
  if (event.persisted) location.reload();
}

async function attach(
  agent: Calls<AgentApi>,
  frame: SandboxFrame,
  show: (status: VolunteerStatus) => void,
  signal: AbortSignal,
): Promise<void> {
  // The agent takes the page for gone as soon as it gets this lock itself.
  const lockName = await holdLock(signal);
  const { port1, port2 } = new MessageChannel();
  const api: PageApi = {
    spawn: (slotId, port) => frame.spawn(slotId, port),
    kill: (slotId) => frame.kill(slotId),
    ping: () => frame.ping(),
    isThere: () => Promise.resolve(),
    resetSandbox: () => frame.reset(),
    show: (status) => Promise.resolve(show(status)),
    reload: () => Promise.resolve(reloadOnce()),
  };
  answerOn(port1, api);
  await agent.attach(moving({ lockName, port: port2 }, [port2]));
}

function openAgentLine(): { calls: Calls<AgentApi> } {
  if ("SharedWorker" in globalThis) {
    const { port } = new SharedWorker(AGENT_URL, { name: "tabgrid-agent" });
    return { calls: callsOver<AgentApi>(port) };
  }
  const { port1, port2 } = new MessageChannel();
  new Worker(AGENT_URL, { name: "tabgrid-agent" }).postMessage(null, [port2]);
  return { calls: callsOver<AgentApi>(port1) };
}

/**
 * @returns The name of a lock of this page's own, once it is held. It is let go when the signal is aborted, or the
 *   page ends in whatever way. Null for pages without https, which have no locks: the agent's pings notice their end.
 */
function holdLock(signal: AbortSignal): Promise<string | null> {
  if (!("locks" in navigator)) return Promise.resolve(null);
  const name = `${PAGE_LOCK_PREFIX}${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(name, () => {
      resolve(name);
      return new Promise<void>((release) =>
        signal.addEventListener("abort", () => release(), { once: true }),
      );
    });
    held.catch(reject);
  });
}

function reloadOnce(): void {
  const reloadedAt = Number(sessionStorage.getItem(RELOADED_KEY) ?? 0);
  if (Date.now() - reloadedAt < MIN_RELOAD_MS) return;
  sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
  location.reload();
}
