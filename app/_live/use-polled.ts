"use client";

import { useEffect, useState } from "react";
import type { z } from "zod";
import { getJson, messageOf } from "./api";

export interface Polled<T> {
  /** Null until the first answer. */
  value: T | null;
  problem: string | null;
  /** Asks at once, instead of when it would be time. */
  refresh: () => void;
}

/** Asks for the same again and again, for as long as somebody sees the page. @param path Null: do not ask. @param key Of an account, to ask with. */
export function usePolled<T>(
  schema: z.ZodType<T>,
  path: string | null,
  everyMs = 2_000,
  key: string | null = null,
): Polled<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [round, setRound] = useState(0);

  useEffect(() => {
    if (path === null) return;
    const address = path;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function load() {
      if (!document.hidden) {
        try {
          const headers = key === null ? {} : { authorization: `Bearer ${key}` };
          setValue(await getJson(schema, address, abort.signal, headers));
          setProblem(null);
        } catch (error) {
          if (abort.signal.aborted) return;
          setProblem(messageOf(error));
        }
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void load(), everyMs);
    }

    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [schema, path, everyMs, key, round]);

  return { value, problem, refresh: () => setRound((before) => before + 1) };
}
