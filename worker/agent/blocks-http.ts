/** Fetches blocks from the coordinator and puts outputs there. Tries again; verifies nothing. */
import type { Digest, TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Content } from "../content";
import { pause, type Clock } from "./clock";

export interface BlockServer {
  /** @throws {Error} When the coordinator does not have it, or could not be reached in five attempts. */
  get(digest: Digest): Promise<Uint8Array<ArrayBuffer>>;
  /** The same, but a large block stays with the browser. */
  getLarge(digest: Digest): Promise<Content>;
  /**
   * @param taskId Whose output it is part of.
   * @throws {Error} When it was refused, or could not be delivered within LIMITS.uploadMs. */
  put(digest: Digest, bytes: Uint8Array<ArrayBuffer>, taskId: TaskId): Promise<void>;
}

export interface Web {
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** The browser's own cache would write each block to the disk a second time, and hold what the owner's quota does not know of. */
const UNCACHED: RequestInit = { cache: "no-store" };
const GET_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;

export function openBlockServer({ fetch, clock, random }: Web): BlockServer {
  return {
    get: (digest) => got(digest, readBytes),
    getLarge: (digest) => got(digest, readContent),
    async put(digest, bytes, taskId) {
      const deadlineAt = clock.now() + LIMITS.uploadMs;
      for (let attempt = 1; ; attempt++) {
        const body: RequestInit = {
          method: "PUT",
          body: bytes,
          headers: { "content-type": "application/octet-stream" },
        };
        const url = `${urlOf(digest)}?task=${encodeURIComponent(taskId)}`;
        const answer = await attempted(() => fetch(url, body), readBytes);
        if (answer.state === "ok") return;
        if (answer.state === "refused" || clock.now() > deadlineAt) {
          throw new Error(`Block ${digest} could not be uploaded: ${answer.reason}`);
        }
        await pause(clock, backOff(attempt));
      }
    },
  };

  async function got<T>(digest: Digest, read: (response: Response) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      // Where the first attempt may be sent elsewhere, the others are not.
      const url = attempt === 1 ? urlOf(digest) : `${urlOf(digest)}?through=1`;
      const answer = await attempted(() => fetch(url, UNCACHED), read);
      if (answer.state === "ok") return answer.body;
      if (answer.state === "refused" || attempt === GET_ATTEMPTS) {
        throw new Error(`Block ${digest} could not be fetched: ${answer.reason}`);
      }
      await pause(clock, backOff(attempt));
    }
  }

  /** Grows to 4 s; the random part keeps many tabs from coming back at once. */
  function backOff(attempt: number): number {
    return Math.min(4_000, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + random());
  }
}

const urlOf = (digest: Digest) => `/api/v1/blocks/${digest}`;

/** Of smaller blocks, handles would cost more than bytes: each is several messages to the browser. */
const LARGE_BYTES = 256 * 1024;

async function readContent(response: Response): Promise<Content> {
  const isLarge = Number(response.headers.get("content-length")) >= LARGE_BYTES;
  return isLarge ? response.blob() : readBytes(response);
}

async function readBytes(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await response.arrayBuffer());
}

type Attempt<T> =
  { state: "ok"; body: T } | { state: "refused"; reason: string } | { state: "failed"; reason: string };

async function attempted<T>(
  ask: () => Promise<Response>,
  read: (response: Response) => Promise<T>,
): Promise<Attempt<T>> {
  try {
    const response = await ask();
    if (response.ok) return { state: "ok", body: await read(response) };
    const isFinal =
      !response.redirected && response.status < 500 && response.status !== 408 && response.status !== 429;
    return { state: isFinal ? "refused" : "failed", reason: `status ${response.status}` };
  } catch (error) {
    return { state: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}
