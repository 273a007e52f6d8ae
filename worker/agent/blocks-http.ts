/** Fetches blocks from the coordinator and puts outputs there. Tries again; verifies nothing. */
import type { Digest, TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { Problem } from "../../protocol/problems";
import type { Content } from "../content";
import { pause, type Clock } from "./clock";
import { Unreadable } from "./unreadable";

export interface BlockServer {
  /** @throws {Unreadable} When the coordinator does not have it. @throws {Error} When it could not be had in five attempts. */
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
        if (answer.state !== "failed" || clock.now() > deadlineAt) {
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
      if (answer.state === "missing") throw new Unreadable(`Block ${digest} cannot be had: ${answer.reason}`);
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
  | { state: "ok"; body: T }
  /** The coordinator does not have it. */
  | { state: "missing"; reason: string }
  | { state: "refused"; reason: string }
  | { state: "failed"; reason: string };

async function attempted<T>(
  ask: () => Promise<Response>,
  read: (response: Response) => Promise<T>,
): Promise<Attempt<T>> {
  try {
    const response = await ask();
    if (response.ok) return { state: "ok", body: await read(response) };
    const { status, redirected } = response;
    const reason = `status ${status}`;
    if (await isBlockMissing(response)) return { state: "missing", reason };
    const isFinal = !redirected && status < 500 && status !== 408 && status !== 429;
    return { state: isFinal ? "refused" : "failed", reason };
  } catch (error) {
    return { state: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A proxy may answer 404 as well while the coordinator is being started anew, so only its own words count. */
async function isBlockMissing(response: Response): Promise<boolean> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) {
    // A body that nobody reads takes 30 KB of the browser's memory, and is let go of much later.
    await response.body?.cancel();
    return false;
  }
  return Problem.parse(await response.json()).type === "/problems/block-not-found";
}
