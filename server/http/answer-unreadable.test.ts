import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../protocol/problems";
import { answerUnreadable } from "./answer-unreadable";

describe("what cannot be read as a request", () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer((request) => request.on("error", () => {}).resume());
    server.on("clientError", answerUnreadable).listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  afterAll(() => void server.close());

  async function answerTo(sent: string): Promise<{ head: string; problem: Problem }> {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.end(sent);
    const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n");
    return { head, problem: Problem.parse(JSON.parse(body)) };
  }

  it.each([
    ["nonsense\r\n\r\n", /cannot be read as HTTP/],
    ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n", /cannot be read as HTTP/],
    ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{", /ended before all of its body had come/],
    [`GET / HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(20_000)}\r\n\r\n`, /may have \d+ bytes; got more/],
  ])("[HT44] is answered with a problem in words: %#", async (sent, detail) => {
    const { head, problem } = await answerTo(sent);
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(head.toLowerCase()).toContain("content-type: application/problem+json");
    expect(problem.status).toBe(400);
    expect(problem.detail).toMatch(detail);
  });
});
