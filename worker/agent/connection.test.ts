import { expect, test } from "vitest";
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { PROTOCOL_VERSION } from "../../protocol/messages";
import { GridError, toProblem, type ProblemCode } from "../../protocol/problems";
import type { ConnectionStatus } from "../status";
import { openConnection, Refusal } from "./connection";
import { openFakeClock, settle } from "./fake-clock";
import type { SocketListener } from "./socket";

const WELCOME = { volunteerId: "v_0123456789abcdef", dropped: [] };
const ok = (body: unknown) => ({ ok: true, body });
const refusal = (code: ProblemCode) => ({ ok: false, problem: toProblem(new GridError(code, "because")) });

function openFakeLine({ sessionStatus = 200 } = {}) {
  const clock = openFakeClock();
  const sockets: SocketListener[] = [];
  const asked: { event: string; message: unknown }[] = [];
  const happened: string[] = [];
  const statuses: ConnectionStatus[] = [];
  const sessions: string[] = [];
  const bugs: unknown[] = [];
  let answer = (event: string): unknown => (event === "hello" ? ok(WELCOME) : ok(null));
  const connection = openConnection(
    {
      clock,
      random: () => 0.5,
      reportBug: (bug) => bugs.push(bug),
      fetch(url) {
        sessions.push(url);
        return Promise.resolve(
          Response.json({ volunteerId: WELCOME.volunteerId }, { status: sessionStatus }),
        );
      },
      openSocket(listener) {
        sockets.push(listener);
        let isClosed = false;
        return {
          ask(event, message) {
            asked.push({ event, message });
            return Promise.resolve(answer(event));
          },
          close() {
            if (isClosed) return;
            isClosed = true;
            listener.disconnected();
          },
        };
      },
    },
    {
      hello: () => ({
        slotCount: 2,
        instanceCount: 1,
        device: UNKNOWN_DEVICE,
        held: [],
        tickets: [],
        want: 4,
      }),
      welcomed: () => happened.push("welcomed"),
      assigned: ({ tasks }) => happened.push(`assigned ${tasks.length}`),
      revoked: () => happened.push("revoked"),
      settled: () => happened.push("settled"),
      instanceWanted: () => happened.push("instance wanted"),
      instanceUnwanted: () => happened.push("instance unwanted"),
      asked: () => happened.push("asked"),
      cancelled: () => happened.push("cancelled"),
      lost: () => happened.push("lost"),
      changed: (status) => statuses.push(status),
      outdated: () => happened.push("outdated"),
    },
  );
  return {
    connection,
    clock,
    sockets,
    asked,
    happened,
    statuses,
    sessions,
    bugs,
    answerWith: (theAnswer: typeof answer) => (answer = theAnswer),
    async connected() {
      connection.open();
      await settle();
      sockets.at(-1)?.connected();
      await settle();
    },
  };
}

test("[CN1] makes a session, connects, and says hello before anything else", async () => {
  const line = openFakeLine();
  await line.connected();
  expect(line.sessions).toEqual(["/api/v1/volunteers/session"]);
  expect(line.asked).toEqual([
    {
      event: "hello",
      message: {
        protocolVersion: PROTOCOL_VERSION,
        slotCount: 2,
        instanceCount: 1,
        device: UNKNOWN_DEVICE,
        held: [],
        tickets: [],
        want: 4,
      },
    },
  ]);
  expect(line.statuses).toEqual([{ state: "connecting" }, { state: "connected" }]);
});

test("[CN2] comes back by itself, after half a second to five, and says hello again", async () => {
  const line = openFakeLine();
  await line.connected();
  line.sockets[0]?.disconnected();
  await line.clock.advance(499);
  expect(line.sockets).toHaveLength(1);
  await line.clock.advance(300);
  expect(line.sockets).toHaveLength(2);
  line.sockets[1]?.connected();
  await settle();
  expect(line.happened).toEqual(["welcomed", "lost", "welcomed"]);
  // The cookie is still there.
  expect(line.sessions).toHaveLength(1);
});

test("[CN2] keeps trying, never more often than every half second, nor less than every five", async () => {
  const line = openFakeLine({ sessionStatus: 503 });
  line.connection.open();
  await line.clock.advance(60_000);
  expect(line.sessions.length).toBeGreaterThan(12);
  expect(line.sessions.length).toBeLessThan(40);
  expect(line.statuses.at(-1)).toMatchObject({
    state: "offline",
    message: "The grid gave no session (status 503)",
  });
});

test("[CN3] asks for a new session when the old one does not open the line", async () => {
  const line = openFakeLine();
  line.connection.open();
  await settle();
  line.sockets[0]?.failed("needs the cookie");
  await line.clock.advance(1_000);
  expect(line.sessions).toHaveLength(2);
});

test("[CN4] an outdated agent says so and stays away", async () => {
  const line = openFakeLine();
  line.answerWith(() => refusal("protocol-too-old"));
  await line.connected();
  await line.clock.advance(60_000);
  expect(line.happened).toContain("outdated");
  expect(line.sockets).toHaveLength(1);
  expect(line.statuses.at(-1)).toEqual({ state: "refused", message: "because" });
});

test("[CN5] one that was replaced stays away until it is opened again", async () => {
  const line = openFakeLine();
  await line.connected();
  line.sockets[0]?.received("refused", toProblem(new GridError("session-replaced", "elsewhere")));
  await line.clock.advance(60_000);
  expect(line.sockets).toHaveLength(1);
  expect(line.statuses.at(-1)).toEqual({ state: "refused", message: "elsewhere" });
  await line.connected();
  expect(line.sockets).toHaveLength(2);
});

test("[CN6] lets nothing unparsed through", async () => {
  const line = openFakeLine();
  await line.connected();
  line.sockets[0]?.received("assign", { jobs: [], tasks: [{ taskId: "nonsense" }] });
  line.sockets[0]?.received("unheard-of", {});
  line.sockets[0]?.received("assign", { jobs: [], tasks: [] });
  expect(line.happened).toEqual(["welcomed", "assigned 0"]);
  line.answerWith(() => ok({ answers: ["maybe"] }));
  await expect(line.connection.report({ outcomes: [], want: 1 })).rejects.toThrow();
});

test("[CN7] a refused message says why", async () => {
  const line = openFakeLine();
  await line.connected();
  line.answerWith(() => refusal("overloaded"));
  await expect(line.connection.report({ outcomes: [], want: 1 })).rejects.toThrow(Refusal);
  await expect(line.connection.report({ outcomes: [], want: 1 })).rejects.toThrow("because");
});

test("[CN8] a line that does not answer is cut, and made anew", async () => {
  const line = openFakeLine();
  await line.connected();
  line.answerWith(() => Promise.reject(new Error("timeout")));
  await expect(line.connection.report({ outcomes: [], want: 1 })).rejects.toThrow("timeout");
  await line.clock.advance(1_000);
  expect(line.sockets).toHaveLength(2);
});

test("[CN9] when closed, it stays closed", async () => {
  const line = openFakeLine();
  await line.connected();
  line.connection.close();
  await line.clock.advance(60_000);
  expect(line.sockets).toHaveLength(1);
  expect(line.statuses.at(-1)).toEqual({ state: "offline" });
  await expect(line.connection.report({ outcomes: [], want: 1 })).rejects.toThrow("no connection");
});
