/**
 * Asks a host for what is at an address, over a connection whose every address was checked.
 *
 * The name is resolved here, once for each connection, and what it resolves to is checked and then connected to: a
 * name that means something else a moment later (DNS rebinding) changes nothing. Redirects are followed by hand, each
 * checked as the first address was.
 */
import { lookup as lookUp, type LookupAddress } from "node:dns";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestSecurely } from "node:https";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import {
  afterAnswer,
  requestHeaders,
  type AnswerStep,
  type SourceAnswer,
  type SourcePlace,
} from "../../core/sources/after-answer";
import {
  checkAddresses,
  checkRedirect,
  checkSource,
  refuseRedirect,
  type HostRules,
} from "../../core/sources/source-hosts";
import { LIMITS } from "../../protocol/limits";
import { GridError, isGridError } from "../../protocol/problems";

/** How names become addresses: the system's resolver, or a test's. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export interface SourceParts {
  readonly rules: HostRules;
  readonly maxBytes: number;
  readonly resolve: Resolve;
  /** How long connecting, answering, and each piece may take. */
  readonly idleMs: number;
}

export interface Asked {
  readonly step: Exclude<AnswerStep, { type: "redirect" }>;
  /** Where it was found at last. */
  readonly url: URL;
  readonly headers: SourceAnswer["headers"];
  /** What comes from there on. */
  readonly body: Readable;
  close(): void;
}

/** A connection that broke, or never came about; another one may do better. */
export class SourceBroken extends Error {
  override readonly name: string = "SourceBroken";
}

/** Nothing came for too long. */
export class SourceSilent extends Error {
  override readonly name = "SourceSilent";
  constructor(idleMs: number) {
    super(`nothing came for ${idleMs / 1000} s`);
  }
}

export const resolveByName: Resolve = (name) =>
  new Promise((resolve, reject) => {
    lookUp(name, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });

/**
 * @param text The address that was asked for.
 * @returns What comes after the answer. The caller closes it.
 * @throws {GridError} What is refused. @throws {SourceBroken}
 */
export async function askSource(
  text: string,
  place: SourcePlace,
  parts: SourceParts,
  signal: AbortSignal,
): Promise<Asked> {
  let url = checkSource(text, parts.rules);
  for (let hops = 0; hops <= LIMITS.urlRedirects; hops++) {
    const from = url;
    const asked = await askOnce(url, place, parts, signal).catch((error: unknown) => {
      throw hops === 0 ? error : refuseRedirect(checkSource(text, parts.rules), from.href, error);
    });
    if (asked.step.type !== "redirect") return { ...asked, step: asked.step, url };
    asked.close();
    url = checkRedirect(url, asked.step.location, parts.rules);
  }
  throw new GridError(
    "url-redirect-refused",
    `${new URL(text).host} leads on more than ${LIMITS.urlRedirects} times (urlRedirects)`,
  );
}

interface AskedOnce {
  step: AnswerStep;
  headers: SourceAnswer["headers"];
  body: Readable;
  close(): void;
}

async function askOnce(
  url: URL,
  place: SourcePlace,
  { rules, resolve, idleMs, maxBytes }: SourceParts,
  signal: AbortSignal,
): Promise<AskedOnce> {
  let refusal: unknown = null;
  const lookup = checkedLookup(resolve, (addresses) => {
    try {
      checkAddresses(url, addresses, rules);
    } catch (error) {
      refusal = error;
      throw error;
    }
  });
  const asking = (url.protocol === "https:" ? requestSecurely : request)(url, {
    // A connection of its own, so that nobody's earlier check counts for it.
    agent: false,
    headers: requestHeaders(place),
    ...{ lookup, signal },
  });
  const close = () => void asking.destroy();
  try {
    const body = await answerTo(asking, idleMs);
    const headers = Object.fromEntries(
      Object.entries(body.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
    );
    return {
      step: afterAnswer({ status: body.statusCode ?? 0, headers }, place, maxBytes),
      headers,
      body,
      close,
    };
  } catch (error) {
    close();
    signal.throwIfAborted();
    if (refusal !== null) throw refusal;
    if (isGridError(error) || error instanceof SourceBroken) throw error;
    throw new SourceBroken(`${url.host}: ${describe(error)}`, { cause: error });
  }
}

function answerTo(asking: ClientRequest, idleMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => asking.destroy(new SourceSilent(idleMs)), idleMs);
    asking.once("response", (answer) => {
      clearTimeout(timer);
      // Whoever reads it gets the error; nobody reads an answer that leads elsewhere.
      answer.on("error", () => {});
      resolve(answer);
    });
    // There may be another one, when it is closed.
    asking.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    asking.end();
  });
}

/** Resolves a name, and refuses it when any of its addresses is not to be connected to. */
function checkedLookup(resolve: Resolve, check: (addresses: readonly string[]) => void): LookupFunction {
  return (name, options, callback) => {
    resolve(name).then(
      (found) => {
        try {
          check(found.map(({ address }) => address));
        } catch (error) {
          return callback(error as NodeJS.ErrnoException, []);
        }
        const [first] = found;
        if (!first) return callback(new Error(`${name} has no address`), []);
        if (options.all) return callback(null, [...found]);
        callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, []),
    );
  };
}

/** What a person can do something with, of what the connection died of. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error instanceof Error
    ? error.message || String((error as NodeJS.ErrnoException).code)
    : String(error);
}
