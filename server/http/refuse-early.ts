/**
 * Refuses what Next would answer with a bare status and no words: addresses that are
 * no path (500) or cannot be decoded (500), and methods that Next does not know (400).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { GridError } from "../../protocol/problems";
import { answerNotAllowed, answerProblem, pathOf } from "./node-answer";

const METHODS_OF_NEXT = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** @returns Whether the request was refused; it is then answered. */
export function refuseEarly(request: IncomingMessage, response: ServerResponse): boolean {
  if (!METHODS_OF_NEXT.includes(request.method ?? "")) {
    answerNotAllowed(request, response, METHODS_OF_NEXT);
    return true;
  }
  const fault = faultOf(pathOf(request));
  if (fault === null) return false;
  answerProblem(request, response, new GridError("invalid-input", fault));
  return true;
}

function faultOf(path: string): string | null {
  // `OPTIONS *`, or a whole address, as clients send it to a proxy.
  if (!path.startsWith("/")) return `The address must begin with /; got "${path.slice(0, 80)}"`;
  return canDecode(path) ? null : "The address has a % that encodes nothing";
}

function canDecode(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    // decodeURIComponent can only fail by the text it is given.
    return false;
  }
}
