/**
 * A volunteer without a browser: the agent that runs in tabs, with worker threads as its slots, memory as its
 * database, and a folder for outputs that are large. Speaks the same protocol, and is judged by the same quorum.
 */
import { openAgent, type Agent } from "../../worker/agent/agent";
import { noBlockStore } from "../../worker/agent/block-store";
import { openBlockServer } from "../../worker/agent/blocks-http";
import { openCache } from "../../worker/agent/cache";
import { workerClock } from "../../worker/agent/clock";
import { openConnection } from "../../worker/agent/connection";
import { findDevice } from "../../worker/agent/device";
import { readRuntimeIndex } from "../../worker/agent/job-code";
import { openOutbox } from "../../worker/agent/outbox";
import { openSocketAt } from "../../worker/agent/socket";
import type { VolunteerStatus } from "../../worker/status";
import { VOLUNTEER_NAMESPACE } from "../../protocol/messages";
import { openThreadHost } from "../threads/thread-host";
import { openCookieFetch } from "./cookie-fetch";
import { joinAccount } from "./join-account";
import { openFileOutboxStore } from "./file-outbox-store";

const MEMORY_BYTES = 512 * 2 ** 20;

export interface NodeVolunteerParts {
  readonly url: string;
  readonly slotCount: number;
  readonly tags: readonly string[];
  /** The key of the account to belong to; null to leave that as it is. */
  readonly account: string | null;
  /** Who it was in an earlier life, as `identity` told then. */
  readonly identity: string | null;
  readonly onStatus: (status: VolunteerStatus) => void;
  readonly onIdentity: (identity: string) => void;
  /** The coordinator speaks a newer protocol. */
  readonly onOutdated: () => void;
  readonly reportBug: (error: unknown) => void;
}

export interface NodeVolunteer {
  /** Gives back what runs, hands over what is done, and ends. */
  stop(): Promise<void>;
}

/** @throws {RefusedError} If the account's key is wrong. */
export async function openNodeVolunteer(parts: NodeVolunteerParts): Promise<NodeVolunteer> {
  const { url, slotCount, tags, reportBug, onStatus, onOutdated } = parts;
  const cookies = openCookieFetch(url, parts.identity, parts.onIdentity);
  if (parts.account !== null) await joinAccount(cookies, parts.account);
  const web = {
    openSocket: openSocketAt(`${url}${VOLUNTEER_NAMESPACE}`, () => ({ cookie: cookies.header() })),
    fetch: cookies.fetch,
    clock: workerClock,
    random: () => Math.random(),
    reportBug,
  };
  const files = await openFileOutboxStore();
  const agent: Agent = openAgent({
    outbox: await openOutbox(files.store, reportBug),
    cache: await openCache({
      store: noBlockStore,
      server: openBlockServer(web),
      clock: workerClock,
      quotaBytes: 0,
      memoryBytes: MEMORY_BYTES,
      reportBug,
    }),
    server: openBlockServer(web),
    clock: workerClock,
    random: web.random,
    device: await findDevice(),
    readRuntimeIndex: () => readRuntimeIndex(web),
    connect: (listener) => openConnection(web, listener),
    reportBug,
    outdated: onOutdated,
  });
  const host = await openThreadHost(reportBug);
  let settled = () => {};
  const control = agent.attach({
    openRunner: host.openRunner,
    openInstance: null,
    ping: () => Promise.resolve(),
    isThere: () => Promise.resolve(),
    resetSandbox: () => Promise.resolve(),
    show(status) {
      onStatus(status);
      if (status.connection.state === "offline") settled();
      return Promise.resolve();
    },
    reload: () => Promise.resolve(),
    gone: new Promise<never>(() => {}),
  });
  agent.setTags(tags);
  control.setSlotCount(slotCount);
  return {
    async stop() {
      const offline = new Promise<void>((resolve) => (settled = resolve));
      control.setSlotCount(0);
      await Promise.race([offline, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))]);
      control.leave();
      await host.close();
      await files.close();
    },
  };
}

/** A coordinator that does not answer any more is not waited for longer. */
const GOODBYE_MS = 5_000;
