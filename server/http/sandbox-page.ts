/**
 * Serves /sandbox: the page that runs other people's programs in a volunteer's tab.
 *
 * Its policy is the wall around user code. The `sandbox` directive gives the page
 * an origin of its own, `connect-src 'none'` takes the network away from it and
 * from the workers it starts, and the hash lets in our one script.
 *
 * Threat: a second policy header would be added to this one, so nothing else may
 * serve this address or put headers on it.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerNotAllowed, pathOf } from "./node-answer";

/**
 * @param bootScript Runs in the page; classic script text.
 * @returns A handler that says whether the request was for the sandbox; it then answers it.
 * @throws {Error} If the script would end its own tag.
 */
export function serveSandbox(
  bootScript: string,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  // Browsers hash the text as the HTML parser reads it: with plain line ends.
  const script = bootScript.replaceAll(/\r\n?/g, "\n");
  if (/<\/script|<!--/i.test(script)) throw new Error("The sandbox script must not contain </script or <!--");
  const html = `<!doctype html><meta charset="utf-8"><title>Sandbox</title><script>${script}</script>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(html),
    "content-security-policy": policyFor(script),
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
  };

  return (request, response) => {
    if (pathOf(request) !== "/sandbox") return false;
    if (request.method !== "GET" && request.method !== "HEAD") {
      answerNotAllowed(request, response, ["GET", "HEAD"]);
      return true;
    }
    response.writeHead(200, headers);
    response.end(request.method === "HEAD" ? undefined : html);
    return true;
  };
}

function policyFor(script: string): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob: 'wasm-unsafe-eval'`,
    "worker-src data: blob:",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-scripts",
  ].join("; ");
}
