"use client";

import { useEffect, useState } from "react";

/** The time, told again every `intervalMs`; null on the server and while the page comes alive. */
export function useNow(intervalMs: number): number | null {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    const tell = () => setNow(Date.now());
    const first = setTimeout(tell);
    const timer = setInterval(tell, intervalMs);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [intervalMs]);
  return now;
}
