"use client";

/**
 * This tab's volunteer, kept outside React: it goes on computing while its owner looks at other pages of the
 * app, and ends with the tab.
 */
import { useSyncExternalStore } from "react";
import type { VolunteerClient } from "../../worker/page/volunteer-client";
import type { VolunteerStatus } from "../../worker/status";
import { messageOf } from "./api";
import { chosenCacheShare, chooseCacheShare } from "./cache-choice";
import { chosenTags } from "./tag-choice";

export interface VolunteerSession {
  /** Null until the volunteer's agent has said something. */
  readonly status: VolunteerStatus | null;
  /** Start was pressed and the agent has not answered yet. */
  readonly isStarting: boolean;
  /** Why it could not be opened, started or stopped. */
  readonly problem: string | null;
}

const CLOSED: VolunteerSession = { status: null, isStarting: false, problem: null };
/** In the tab's own storage: how many slots it gives. Outlives a reload, such as the agent asks for after a deployment. */
const GIVING_KEY = "tabgrid.giving";

let session = CLOSED;
let client: Promise<VolunteerClient> | null = null;
const listeners = new Set<() => void>();

export function useVolunteerSession(): VolunteerSession {
  return useSyncExternalStore(
    subscribe,
    () => session,
    () => CLOSED,
  );
}

/** Attaches to this browser's agent, so that its state shows; computes nothing yet. Does so once. */
export function openVolunteerSession(): void {
  void attempt(() => opened());
}

export function startVolunteer(slotCount: number): void {
  keepGiving(slotCount);
  publish({ ...session, isStarting: session.status?.thisTab.state !== "running" });
  void attempt(async () => (await opened()).start(slotCount, chosenTags()));
}

/** @param percent Of the storage that the browser gives to the site. */
export function changeCacheShare(percent: number): void {
  chooseCacheShare(percent);
  void attempt(async () => (await opened()).keepBlocks(percent / 100));
}

export function stopVolunteer(): void {
  keepGiving(null);
  void attempt(async () => (await opened()).stop());
}

/** Goes on where this tab was before it was reloaded. */
export function resumeVolunteer(): void {
  const slotCount = Number(readGiving());
  if (slotCount > 0 && client === null) startVolunteer(slotCount);
}

/** The client is loaded when it is first wanted: most pages never do. */
function opened(): Promise<VolunteerClient> {
  client ??= import("../../worker/page/volunteer-client").then(({ openVolunteer }) => {
    const volunteer = openVolunteer();
    volunteer.subscribe((status) => publish({ ...session, status }));
    // What cannot be kept is fetched again.
    volunteer.keepBlocks(chosenCacheShare() / 100).catch(() => {});
    return volunteer;
  });
  client.catch(() => {
    // A chunk that did not load may load the next time.
    client = null;
  });
  return client;
}

async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
    publish({ ...session, isStarting: false, problem: null });
  } catch (error) {
    publish({ ...session, isStarting: false, problem: messageOf(error) });
  }
}

function keepGiving(slotCount: number | null): void {
  try {
    if (slotCount === null) sessionStorage.removeItem(GIVING_KEY);
    else sessionStorage.setItem(GIVING_KEY, String(slotCount));
  } catch {
    // Without storage a reload ends it, which does no harm.
  }
}

function readGiving(): string | null {
  try {
    return sessionStorage.getItem(GIVING_KEY);
  } catch {
    return null;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(next: VolunteerSession): void {
  session = next;
  for (const listener of listeners) listener();
}
