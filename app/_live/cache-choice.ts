"use client";

/** How much of the browser's storage may be kept of blocks: its owner's last choice, or 30 %. */
import { useSyncExternalStore } from "react";

const KEY = "tabgrid.cache-share";
const listeners = new Set<() => void>();
/** Holds where the browser keeps nothing. */
let chosen: number | null = null;

/** Shares, in percent. */
export const CACHE_SHARES = [0, 10, 30, 60] as const;
const DEFAULT_SHARE = 30;

/** In percent. Null on the server, which does not know the browser. */
export function useCacheChoice(): number | null {
  return useSyncExternalStore(subscribe, chosenCacheShare, () => null);
}

export function chooseCacheShare(percent: number): void {
  chosen = percent;
  try {
    localStorage.setItem(KEY, String(percent));
  } catch {
    // Without storage the choice lasts as long as the tab, which is good enough.
  }
  for (const listener of listeners) listener();
}

export function chosenCacheShare(): number {
  if (chosen !== null) return chosen;
  try {
    const kept = Number(localStorage.getItem(KEY) ?? DEFAULT_SHARE);
    return CACHE_SHARES.find((share) => share === kept) ?? DEFAULT_SHARE;
  } catch {
    return DEFAULT_SHARE; // Storage may be blocked.
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
