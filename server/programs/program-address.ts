/**
 * Lets addresses hold a program's path as it is: /api/v1/programs/ada/primes/start means the same as
 * /api/v1/programs/%2Fada%2Fprimes/start, the form that the routes know.
 */
import type { IncomingMessage } from "node:http";
import { PROGRAM_VERBS } from "../../protocol/program-name";

const PREFIX = "/api/v1/programs/";

/** Changes the request's address if it is one of those. */
export function foldProgramPath(request: IncomingMessage): void {
  if (request.url?.startsWith(PREFIX)) request.url = foldedProgramPath(request.url);
}

/** @param url Path and query, the path below /api/v1/programs/. */
export function foldedProgramPath(url: string): string {
  const [address = "", ...query] = url.split("?");
  const parts = address.slice(PREFIX.length).split("/");
  const last = parts.at(-1) ?? "";
  const verb = parts.length > 2 && PROGRAM_VERBS.includes(last) ? parts.pop() : undefined;
  const isNamed = /^(%2F|prg_)/i.test(parts[0] ?? "");
  if (isNamed || parts.length < 2 || parts.includes("")) return url;
  const folded = `${PREFIX}%2F${parts.join("%2F")}${verb === undefined ? "" : `/${verb}`}`;
  return [folded, ...query].join("?");
}
