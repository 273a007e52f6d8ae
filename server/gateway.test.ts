import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io as connect, type Socket } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { until } from "../testing/await";
import { taskId } from "../testing/facts";
import { LIMITS } from "../protocol/limits";
import { PROTOCOL_VERSION, VOLUNTEER_NAMESPACE, type Reply } from "../protocol/messages";
import { GridError, type Problem } from "../protocol/problems";
import { openGateway, type VolunteerReports } from "./gateway";
import { openLine } from "./line";
import { log } from "./log";
import { volunteerIdOf } from "./volunteer-token";

const HELLO = { protocolVersion: PROTOCOL_VERSION, slotCount: 1, held: [], want: 0 };
const EMPTY = { outcomes: [], want: 0 };
const tokenOf = (name: string) => name.padEnd(43, "-");
const idOf = (name: string) => volunteerIdOf(tokenOf(name));

/** What the grid says, and a note of what it was told. */
class Grid implements VolunteerReports {
  told: string[] = [];
  answer = async () => {};
  isCurrent = () => true;

  async joined(volunteerId: ReturnType<typeof idOf>) {
    this.told.push("joined");
    await this.answer();
    return { volunteerId, dropped: [] };
  }
  async reported(_id: unknown, _report: unknown, isCurrent: () => boolean) {
    this.told.push("reported");
    this.isCurrent = isCurrent;
    await this.answer();
    return { answers: [] };
  }
  async beat() {
    this.told.push("beat");
    return { dropped: [] };
  }
  instance() {
    this.told.push("instance");
  }
  responded() {
    this.told.push("responded");
  }
  gone(_id: unknown, isFinal: boolean) {
    this.told.push(isFinal ? "left" : "disconnected");
  }
}

describe("the tabs' line", () => {
  let io: Server;
  let grid: Grid;
  let sockets: ReturnType<typeof openGateway>;
  let url: string;
  const clients: Socket[] = [];

  beforeEach(async () => {
    vi.spyOn(log, "warn").mockReturnValue();
    vi.spyOn(log, "error").mockReturnValue();
    const httpServer = createServer();
    io = new Server(httpServer, {
      transports: ["websocket"],
      maxHttpBufferSize: LIMITS.transportBytes,
      pingInterval: 100,
      pingTimeout: 200,
    });
    grid = new Grid();
    sockets = openGateway(io, grid, () => null);
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}${VOLUNTEER_NAMESPACE}`;
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await io.close();
    vi.restoreAllMocks();
  });

  /** A tab, connected; `refused` and `closed` resolve with what the coordinator says when it drops it. */
  async function open(name: string) {
    const cookie = `tabgrid_volunteer=${tokenOf(name)}`;
    const options = { transports: ["websocket"], forceNew: true, reconnection: false };
    const socket = connect(url, { ...options, extraHeaders: { cookie } });
    clients.push(socket);
    const refused = new Promise<Problem>((resolve) => socket.once("refused", resolve));
    const closed = new Promise<string>((resolve) => socket.once("disconnect", resolve));
    await new Promise<void>((resolve, reject) =>
      socket.once("connect", resolve).once("connect_error", reject),
    );
    const ask = (event: string, ...args: unknown[]): Promise<Reply<unknown>> =>
      socket.emitWithAck(event, ...args) as Promise<Reply<unknown>>;
    return { socket, ask, refused, closed };
  }

  async function openAndJoin(name: string) {
    const tab = await open(name);
    expect(await tab.ask("hello", HELLO)).toEqual({
      ok: true,
      body: { volunteerId: idOf(name), dropped: [] },
    });
    return tab;
  }

  const problem = (code: string) => ({ ok: false, problem: { type: `/problems/${code}` } });

  it("[GW1] takes a volunteer's name from its cookie, and answers every message", async () => {
    const { ask } = await openAndJoin("ada");
    expect(await ask("report", EMPTY)).toEqual({ ok: true, body: { answers: [] } });
    expect(await ask("heartbeat", { held: [], slotCount: 1 })).toEqual({ ok: true, body: { dropped: [] } });
    expect(await ask("goodbye", {})).toEqual({ ok: true, body: null });
    expect(grid.told).toEqual(["joined", "reported", "beat", "left"]);
    expect(sockets.size).toBe(0);
  });

  it.each(["", "tabgrid_volunteer=short", `tabgrid_volunteer=${"é".repeat(43)}`])(
    "[GW2] refuses a handshake without a volunteer's cookie: %j",
    async (cookie) => {
      const options = { transports: ["websocket"], forceNew: true, reconnection: false };
      const extraHeaders = cookie === "" ? {} : { cookie: encodeURI(cookie) };
      const socket = connect(url, { ...options, extraHeaders });
      clients.push(socket);
      const error = await new Promise<Error & { data?: Problem }>((resolve) =>
        socket.once("connect_error", resolve),
      );
      expect(error.data).toMatchObject({ type: "/problems/invalid-input", status: 400 });
    },
  );

  it.each([
    ["a message before hello", "report", [EMPTY]],
    ["an unknown message", "shutdown", [{}]],
    ["the name of something every object has", "constructor", [{}]],
    ["a message without a body", "hello", []],
    ["a message with too much", "hello", [HELLO, HELLO]],
    ["a body of another shape", "hello", [{ ...HELLO, slotCount: -1 }]],
    ["a body with a prototype", "hello", [JSON.parse('{"__proto__":{"protocolVersion":1}}')]],
    ["bytes", "hello", [Buffer.from("x")]],
  ])("[GW3] answers %s, says why, and drops the connection", async (_what, event, args) => {
    const tab = await open("ada");
    const [reply, refusal] = await Promise.all([tab.ask(event, ...args), tab.refused]);
    expect(reply).toMatchObject(problem("message-invalid"));
    expect(refusal).toMatchObject({ type: "/problems/message-invalid" });
    await tab.closed;
    expect(grid.told).toEqual([]);
  });

  it("[GW4] drops who sends a message without waiting for its answer", async () => {
    const tab = await open("ada");
    tab.socket.emit("hello", HELLO);
    expect(await tab.refused).toMatchObject({ type: "/problems/message-invalid" });
    await tab.closed;
  });

  it("[GW5] answers a message over the limit, and drops the connection", async () => {
    const tab = await openAndJoin("ada");
    const long = { outcomes: [], want: 0, padding: "x".repeat(LIMITS.messageBytes) };
    const [reply] = await Promise.all([tab.ask("report", long), tab.refused]);
    expect(reply).toMatchObject(problem("message-invalid"));
    await tab.closed;
    expect(grid.told).not.toContain("reported");
  });

  it("[GW6] cuts the line at once when more comes than the transport reads", async () => {
    const tab = await openAndJoin("ada");
    tab.socket.emit("report", "x".repeat(LIMITS.transportBytes + 1), () => {});
    await tab.closed;
    await until(() => grid.told.at(-1) === "disconnected");
  });

  it("[GW7] tells a tab of another version to reload", async () => {
    const tab = await open("ada");
    const reply = await tab.ask("hello", { ...HELLO, protocolVersion: PROTOCOL_VERSION + 1 });
    expect(reply).toMatchObject(problem("protocol-too-old"));
    await tab.closed;
    expect(grid.told).toEqual([]);
  });

  it("[GW8] lets the newer of two connections of a volunteer work, and tells the older why it is closed", async () => {
    const older = await openAndJoin("ada");
    const newer = await openAndJoin("ada");
    expect(await older.refused).toMatchObject({ type: "/problems/session-replaced" });
    await older.closed;
    expect(await newer.ask("report", EMPTY)).toMatchObject({ ok: true });
    expect(grid.told).toEqual(["joined", "joined", "reported"]);
  });

  it("[GW9] says of a report under way that its connection has been replaced", async () => {
    const older = await openAndJoin("ada");
    grid.answer = () => new Promise(() => {});
    older.socket.emit("report", EMPTY, () => {});
    await until(() => grid.told.includes("reported"));
    expect(grid.isCurrent()).toBe(true);
    grid.answer = async () => {};
    await openAndJoin("ada");
    expect(grid.isCurrent()).toBe(false);
  });

  it("[GW10] takes a broken connection for a pause", async () => {
    const tab = await openAndJoin("ada");
    tab.socket.io.engine.close();
    await until(() => grid.told.at(-1) === "disconnected");
    expect(sockets.size).toBe(0);
  });

  it("[GW11] takes silence for the end: a tab that answers no pings has been given its time", async () => {
    const tab = await openAndJoin("ada");
    // A machine that has stopped: the line is open, and nothing comes over it.
    tab.socket.io.engine.transport.send = () => {};
    await until(() => grid.told.at(-1) === "left");
  });

  it("[GW12] says only `internal` of a bug, and keeps the connection", async () => {
    const tab = await openAndJoin("ada");
    grid.answer = async () => Promise.reject(new Error("secret"));
    const reply = await tab.ask("report", EMPTY);
    expect(reply).toMatchObject(problem("internal"));
    expect(JSON.stringify(reply)).not.toContain("secret");
    grid.answer = async () => Promise.reject(new GridError("overloaded", "later", { retryAfterMs: 5 }));
    expect(await tab.ask("report", EMPTY)).toMatchObject({ problem: { retryAfterMs: 5, detail: "later" } });
    expect(tab.socket.connected).toBe(true);
  });

  it("[GW13] takes no more than some messages of a volunteer at once", async () => {
    const tab = await openAndJoin("ada");
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    grid.answer = () => held;
    const all = Array.from({ length: LIMITS.unansweredMessages }, () => tab.ask("report", EMPTY));
    expect(await tab.ask("report", EMPTY)).toMatchObject(problem("overloaded"));
    letGo();
    for (const reply of await Promise.all(all)) expect(reply).toMatchObject({ ok: true });
    expect(await tab.ask("report", EMPTY)).toMatchObject({ ok: true });
  });

  it("[GW14] tells a connection of a job once, and sends tasks in messages that are not too long", async () => {
    const tab = await openAndJoin("ada");
    const line = openLine(sockets);
    const messages: { jobs: unknown[]; tasks: unknown[] }[] = [];
    tab.socket.on("assign", (message: (typeof messages)[number]) => messages.push(message));
    const spec = { jobId: taskId(0).split("/")[0] } as unknown as Parameters<typeof line.assign>[1];
    const tasks = Array.from({ length: LIMITS.batch + 1 }, (_, index) => ({ taskId: taskId(index) }));
    line.assign(idOf("ada"), spec, tasks as unknown as Parameters<typeof line.assign>[2]);
    line.assign(idOf("nobody"), spec, []);
    await until(() => messages.length === 2);
    expect(messages.map(({ jobs, tasks: sent }) => [jobs.length, sent.length])).toEqual([
      [1, LIMITS.batch],
      [0, 1],
    ]);
  });

  it("[GW15] sends what may wait along with the answer to a report, and before anything else that is said in the meantime", async () => {
    const tab = await openAndJoin("ada");
    const line = openLine(sockets);
    const said: string[] = [];
    const note = (event: string) => () => said.push(event);
    tab.socket.on("assign", note("assign"));
    tab.socket.on("revoke", note("revoke"));
    const spec = { jobId: taskId(0).split("/")[0] } as unknown as Parameters<typeof line.assign>[1];
    const assign = (index: number) => {
      const tasks = [{ taskId: taskId(index) }] as unknown as Parameters<typeof line.assign>[2];
      line.withAnswer(idOf("ada"), () => line.assign(idOf("ada"), spec, tasks));
    };

    grid.answer = async () => assign(0);
    const reply = await tab.ask("report", EMPTY);
    expect(reply).toMatchObject({ body: { answers: [], assigned: { tasks: [{ taskId: taskId(0) }] } } });
    expect(said).toEqual([]);

    grid.answer = async () => {
      assign(1);
      line.revoke(idOf("ada"), [taskId(1)]);
    };
    expect(await tab.ask("report", EMPTY)).toEqual({ ok: true, body: { answers: [] } });
    expect(said).toEqual(["assign", "revoke"]);

    assign(2);
    line.sendWaiting();
    line.sendWaiting();
    await until(() => said.length === 3);
    expect(said).toEqual(["assign", "revoke", "assign"]);
  });
});
