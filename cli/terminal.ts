/** What a command works with: its streams, its environment, and the grid that its options name. */
import type { Readable, Writable } from "node:stream";
import { once } from "node:events";
import { openClient } from "../sdk/client";
import { openGrid, type Grid } from "../sdk/grid";
import { NO_MODULES } from "../sdk/module-reader";
import { openFileSource } from "../sdk/node/file-source";
import type { RetryPolicy } from "../sdk/retry";
import { UsageError } from "./failures";

export interface Terminal {
  /** Of this package. */
  readonly version: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const DEFAULT_URL = "http://127.0.0.1:3000";

/** The first answer should not be waited for as long as one that was there before: the address may be wrong. */
const RETRIES: RetryPolicy = { attempts: 4, firstMs: 200, longestMs: 1_000 };

/** @throws {UsageError} If the address is none. */
export function gridOf({ env }: Terminal, { url = env.TABGRID_URL ?? DEFAULT_URL }: CommonOptions): Grid {
  try {
    return openGrid(openClient(url, { retries: RETRIES }), NO_MODULES, (file) =>
      openFileSource(String(file)),
    );
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Waits while the reader is behind. A reader that has gone, such as `head`, ends the process: see main.ts. */
export async function write(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}

export function writeLine(stream: Writable, text: string): Promise<void> {
  return write(stream, `${text}\n`);
}

export function writeJson(stream: Writable, value: unknown): Promise<void> {
  return writeLine(stream, JSON.stringify(value));
}
