/** Answers what cannot be read as a request: no HTTP, headers that are too long, a body that ends too soon. */
import type { Duplex } from "node:stream";
import { maxHeaderSize } from "node:http";
import { GridError } from "../../protocol/problems";
import { problemAnswer } from "./problem-response";

/** For a server's `clientError` event: without it, Node.js answers a status without words. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { body, status, headers } = problemAnswer(
    new GridError("invalid-input", faultOf(error)),
    "a connection",
  );
  const lines = Object.entries({
    ...headers,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${status} Bad Request\r\n${head}\r\n${body}`);
}

function faultOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "HPE_HEADER_OVERFLOW") return `The headers may have ${maxHeaderSize} bytes; got more`;
  if (code === "HPE_INVALID_EOF_STATE") return "The request ended before all of its body had come";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "The request did not come in time";
  return `The request cannot be read as HTTP: ${message}`;
}
