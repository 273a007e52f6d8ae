"use client";

/**
 * This tab's volunteer, kept outside React: it goes on computing while its owner looks at other pages of the
 * app, and ends with the tab.
 */
import { useSyncExternalStore } from "react";
import type { VolunteerClient } from "../../worker/page/volunteer-client";
import type { VolunteerStatus } from "../../worker/status";
import { messageOf } from "./api";

export interface VolunteerSession {
  /** Null until the volunteer's agent has said something. */
  readonly status: VolunteerStatus | null;
  /** Why it could not be opened, started or stopped. */
  readonly problem: string | null;
}

const CLOSED: VolunteerSession = { status: null, problem: null };

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
  void attempt(async () => (await opened()).start(slotCount));
}

export function stopVolunteer(): void {
  void attempt(async () => (await opened()).stop());
}

/** The client is loaded when it is first wanted: most pages never do. */
function opened(): Promise<VolunteerClient> {
  client ??= import("../../worker/page/volunteer-client").then(({ openVolunteer }) => {
    const volunteer = openVolunteer();
    volunteer.subscribe((status) => publish({ ...session, status }));
    return volunteer;
  });
  return client;
}

async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
    if (session.problem) publish({ ...session, problem: null });
  } catch (error) {
    publish({ ...session, problem: messageOf(error) });
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
