/**
 * What the agent and a page of ours say to each other. Both ends are our own code, on one origin.
 *
 *   page ── attach, start, keepBlocks, stop, leave, slotFailed ──▶ agent
 *   page ◀─ spawn, kill, ping, isThere, resetSandbox, show, reload ── agent
 */
import type { VolunteerStatus } from "../status";

export interface AgentApi {
  attach(page: PageCard): Promise<void>;
  start(slotCount: number, tags: readonly string[]): Promise<void>;
  /** @param share Of the storage that the browser gives to the site, from 0 to 1: so much may be kept of blocks. */
  keepBlocks(share: number): Promise<void>;
  stop(): Promise<void>;
  /** The page is closing. Without this, the end of its lock says so a moment later. */
  leave(): Promise<void>;
  slotFailed(slotId: string, message: string): Promise<void>;
}

export interface PageCard {
  /** A Web Lock the page holds as long as it lives; null where there are none. */
  readonly lockName: string | null;
  /** Answers as a `PageApi`. */
  readonly port: MessagePort;
}

export interface PageApi {
  /** Starts a slot's worker in the page's sandbox; it will answer on `port` as a `SlotApi`. */
  spawn(slotId: string, port: MessagePort): Promise<void>;
  kill(slotId: string): Promise<void>;
  /** Answered once the sandbox has answered too. */
  ping(): Promise<void>;
  /** Answered at once, by the page. */
  isThere(): Promise<void>;
  /** Throws the sandbox away, with all that runs in it, and opens a new one. */
  resetSandbox(): Promise<void>;
  show(status: VolunteerStatus): Promise<void>;
  /** The coordinator has become newer than this page. */
  reload(): Promise<void>;
}

/** The page's lock: granted to the agent, it means that the page is gone. */
export const PAGE_LOCK_PREFIX = "tabgrid-page-";

/** Held by the one dedicated worker that is the agent where there is no SharedWorker. */
export const AGENT_LOCK = "tabgrid-agent";
