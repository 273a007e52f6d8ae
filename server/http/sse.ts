/**
 * Server-sent events from anything that calls back.
 *
 * A reader that is slower than the events gets fewer of them, never late ones: an
 * event waiting to be sent gives way to a newer one of the same kind, and what has
 * no kind is kept up to a limit, the newest first.
 */

/** Proxies close connections that are silent for long. */
const PING_MS = 15_000;
/** Events that may wait for one reader. */
const EVENTS_WAITING = 1_000;
/** How long a browser waits before it connects again, in milliseconds. */
const RETRY_MS = 2_000;

export interface ServerEvent {
  event: string;
  data: unknown;
  /** A waiting event of the same kind is replaced; null keeps both. */
  kind: string | null;
}

export interface EventSink {
  send(event: ServerEvent): void;
  /** Ends the stream after what is waiting has been sent. */
  end(): void;
}

/**
 * @param signal Of the request: when it aborts, the subscription ends.
 * @param subscribe Starts the events and returns how to stop them. What it throws is thrown here.
 */
export async function eventStream(
  signal: AbortSignal,
  subscribe: (sink: EventSink) => (() => void) | Promise<() => void>,
): Promise<Response> {
  const queue = new EventQueue();
  const unsubscribe = await subscribe(queue);
  const ping = setInterval(() => queue.sendText("ping", ": ping\n\n"), PING_MS);
  ping.unref();
  let isStopped = false;
  const stop = () => {
    if (isStopped) return;
    isStopped = true;
    clearInterval(ping);
    signal.removeEventListener("abort", stop);
    unsubscribe();
    queue.end();
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  return new Response(bodyOf(queue, stop), { headers: EVENT_HEADERS });
}

const EVENT_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // Compression and buffering proxies hold small events back.
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

function bodyOf(queue: EventQueue, stop: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let hasLeft = false;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
    async pull(controller) {
      const text = await queue.take();
      if (text !== null) return controller.enqueue(encoder.encode(text));
      stop();
      if (!hasLeft) controller.close();
    },
    cancel() {
      hasLeft = true;
      stop();
    },
  });
}

/** Events between one that calls back and one that reads. */
class EventQueue implements EventSink {
  /** By kind, in order; what has no kind is put under a number of its own. */
  private readonly waiting = new Map<string | number, () => string>();
  private sentCount = 0;
  private hasEnded = false;
  private wake: () => void = () => {};

  send({ event, data, kind }: ServerEvent): void {
    // Written out only when it is sent: most events of a slow reader never are.
    this.put(kind, () => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  sendText(kind: string, text: string): void {
    this.put(kind, () => text);
  }

  end(): void {
    this.hasEnded = true;
    this.wake();
  }

  /** The next event, or null after the last one. Waits for it. */
  async take(): Promise<string | null> {
    for (;;) {
      const [next] = this.waiting;
      if (next) {
        this.waiting.delete(next[0]);
        return next[1]();
      }
      if (this.hasEnded) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private put(kind: string | null, text: () => string): void {
    if (this.hasEnded) return;
    const key = kind ?? this.sentCount++;
    this.waiting.delete(key);
    this.waiting.set(key, text);
    if (this.waiting.size > EVENTS_WAITING) {
      const [oldest] = this.waiting.keys();
      if (oldest !== undefined) this.waiting.delete(oldest);
    }
    this.wake();
  }
}
