"use client";

/** The key of the account that this browser is linked to, kept where its owner's other choices are; and the key of a link that was followed. */
import { useSyncExternalStore } from "react";

const KEY = "tabgrid.account";
const listeners = new Set<() => void>();
/** Holds where the browser keeps nothing (private windows, blocked storage); undefined until something is chosen. */
let chosen: string | null | undefined;
let invited: string | null = null;

/** Null for none, and on the server. */
export function useAccountKey(): string | null {
  return useSyncExternalStore(subscribe, readChoice, () => null);
}

/** @param key Null to forget it. */
export function chooseAccount(key: string | null): void {
  chosen = key;
  try {
    if (key === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, key);
  } catch {
    // Without storage it lasts as long as the tab; the coordinator knows who belongs to what all the same.
  }
  tell();
}

/** The key of a link such as `/volunteer#account=KEY`, until it is taken or declined. It is taken out of the address at once. */
export function useInvitation(): string | null {
  return useSyncExternalStore(
    subscribeToAddress,
    () => invited,
    () => null,
  );
}

export function forgetInvitation(): void {
  invited = null;
  tell();
}

function readChoice(): string | null {
  if (chosen !== undefined) return chosen;
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function subscribeToAddress(listener: () => void): () => void {
  readAddress();
  window.addEventListener("hashchange", readAddress);
  const end = subscribe(listener);
  return () => {
    window.removeEventListener("hashchange", readAddress);
    end();
  };
}

/** A fragment reaches no server; taken out of the address, it stays out of screenshots and bookmarks too. */
function readAddress(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get("account");
  if (key === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  invited = key;
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
