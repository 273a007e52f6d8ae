"use client";

import { useEffect, useEffectEvent, useState } from "react";

/** `live`: what is shown is current, or hidden. `lost`: it is not current, and the stream is being opened again. */
export type StreamState = "connecting" | "live" | "lost" | "ended";

const RETRY_MS = { first: 500, longest: 10_000 } as const;

/**
 * Listens to a stream of server-sent events for as long as the component is mounted.
 *
 * A browser reopens a stream that broke, but not one that was refused (a coordinator that is starting, a
 * proxy's error page): that is done here, with growing pauses.
 *
 * A page that nobody sees does not listen. Over HTTP/1.1 a browser has six connections to a coordinator for all
 * of its pages: with a stream in each, the seventh page could not load, nor a volunteer fetch its blocks.
 *
 * @param url Null: do not listen.
 * @param eventNames An event is handed over with its data parsed from JSON. One named `end` closes the stream for good.
 * @param resync Called each time the stream opens, for events may have been missed before it and others may come
 *   again, and each time it is refused, so that the reason can be asked for.
 */
export function useEventStream(
  url: string | null,
  eventNames: readonly string[],
  onEvent: (name: string, data: unknown) => void,
  resync: (cause: "opened" | "refused") => void,
): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const handleEvent = useEffectEvent(onEvent);
  const handleResync = useEffectEvent(resync);
  const names = eventNames.join(" ");

  useEffect(() => {
    if (url === null) return;
    let source: EventSource | undefined;
    let hasEnded = false;
    let retryTimer: ReturnType<typeof setTimeout> | undefined;
    let pauseMs: number = RETRY_MS.first;

    function open(address: string) {
      const opened = new EventSource(address);
      source = opened;
      opened.onopen = () => {
        pauseMs = RETRY_MS.first;
        setState("live");
        handleResync("opened");
      };
      opened.onerror = () => {
        setState("lost");
        if (opened.readyState !== EventSource.CLOSED) return;
        handleResync("refused");
        retryTimer = setTimeout(() => open(address), pauseMs);
        pauseMs = Math.min(pauseMs * 2, RETRY_MS.longest);
      };
      for (const name of names.split(" ")) {
        opened.addEventListener(name, ({ data }: MessageEvent<string>) => handleEvent(name, parse(data)));
      }
      opened.addEventListener("end", () => {
        hasEnded = true;
        opened.close();
        setState("ended");
      });
    }

    function close() {
      clearTimeout(retryTimer);
      source?.close();
    }

    function follow(address: string) {
      close();
      if (!document.hidden && !hasEnded) open(address);
    }

    const followVisibility = () => follow(url);
    document.addEventListener("visibilitychange", followVisibility);
    follow(url);
    return () => {
      document.removeEventListener("visibilitychange", followVisibility);
      close();
    };
  }, [url, names]);

  return state;
}

/** Undefined for what is not JSON: no schema accepts it, so it is dropped where it is checked. */
function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
