"use client";

/** How many slots this browser gives: its owner's last choice, or all cores but one. */
import { useSyncExternalStore } from "react";
import { LIMITS } from "../../protocol/limits";

const KEY = "tabgrid.slots";
const listeners = new Set<() => void>();
/** Holds where the browser keeps nothing (private windows, blocked storage). */
let chosen: number | null = null;

/** Null on the server, which does not know the device. */
export function useSlotChoice(): number | null {
  return useSyncExternalStore(subscribe, readChoice, () => null);
}

export function useCoreCount(): number | null {
  return useSyncExternalStore(subscribe, coreCount, () => null);
}

export function chooseSlots(slotCount: number): void {
  chosen = within(slotCount);
  try {
    localStorage.setItem(KEY, String(chosen));
  } catch {
    // Without storage the choice lasts as long as the tab, which is good enough.
  }
  for (const listener of listeners) listener();
}

const coreCount = () => navigator.hardwareConcurrency || 2;
const within = (slotCount: number) => Math.min(LIMITS.slots, Math.max(1, Math.floor(slotCount)));

function readChoice(): number {
  if (chosen !== null) return chosen;
  const kept = Number(readKept());
  return Number.isInteger(kept) && kept > 0 ? within(kept) : within(coreCount() - 1);
}

function readKept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
