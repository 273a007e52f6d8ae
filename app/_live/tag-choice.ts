"use client";

/** The tags of this browser: words by which jobs may ask for it, as its owner chose them. */
import { useSyncExternalStore } from "react";
import { Tag } from "../../protocol/device";
import { LIMITS } from "../../protocol/limits";

const KEY = "tabgrid.tags";
const listeners = new Set<() => void>();
/** Holds where the browser keeps nothing. As text: the same text is the same value to React. */
let chosen: string | null = null;

/** As text, with commas. Null on the server, which does not know the browser. */
export function useTagChoice(): string | null {
  return useSyncExternalStore(subscribe, readChoice, () => null);
}

export function chosenTags(): string[] {
  return tagsIn(readChoice());
}

/** @param typed Words with commas or spaces between; those that cannot be tags are left out. */
export function chooseTags(typed: string): void {
  chosen = tagsIn(typed).join(", ");
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Without storage the choice lasts as long as the tab, which is good enough.
  }
  for (const listener of listeners) listener();
}

export function tagsIn(typed: string): string[] {
  const words = typed.toLowerCase().split(/[\s,]+/);
  return [...new Set(words.filter((word) => Tag.safeParse(word).success))].sort().slice(0, LIMITS.tags);
}

function readChoice(): string {
  if (chosen !== null) return chosen;
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // Storage may be blocked.
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
