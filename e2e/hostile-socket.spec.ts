/** Tabs may say anything: what breaks the protocol is answered and dropped, and disturbs nobody else. */
import { io } from "socket.io-client";
import { UNKNOWN_DEVICE } from "../protocol/device";
import type { JobView } from "../protocol/views";
import { LIMITS } from "../protocol/limits";
import { PROTOCOL_VERSION, VOLUNTEER_NAMESPACE } from "../protocol/messages";
import type { Coordinator } from "./fixtures/coordinator";
import { expectSquares, squares } from "./fixtures/jobs";
import type { Rest } from "./fixtures/rest";
import { expect, test as base } from "./fixtures/test";
import { connectVolunteer, type TestVolunteer } from "./fixtures/test-volunteer";

const TASKS = 24;
const HELLO = { protocolVersion: PROTOCOL_VERSION, slotCount: 1, held: [], want: 0 };

/** Every test runs beside an honest volunteer at work, whose job must come out exact. */
const test = base.extend<{ honestJob: JobView; hostile: () => Promise<TestVolunteer> }>({
  honestJob: [
    async ({ volunteer, rest }, use) => {
      await volunteer();
      const job = await rest.submit(squares(TASKS, 100));
      await rest.jobUntil(job.id, "has begun", ({ progress }) => progress > 0);
      await use(job);
      await rest.completed(job.id);
      expectSquares(await rest.result(job.id), TASKS);
    },
    { auto: true },
  ],
  hostile: async ({ coordinator }, use) => {
    const opened: TestVolunteer[] = [];
    await use(async () => {
      const volunteer = await connectVolunteer(coordinator.origin);
      opened.push(volunteer);
      return volunteer;
    });
    for (const volunteer of opened) volunteer.close();
  },
});

/** What the gateway says and does when a message is not part of the protocol. */
const refusal = (type: string, detail: RegExp) => ({
  ok: false,
  problem: expect.objectContaining({ type: `/problems/${type}`, detail: expect.stringMatching(detail) }),
});

test("[E2701] a connection without the session's cookie is refused, and told why", async ({
  coordinator,
}) => {
  const socket = io(`${coordinator.origin}${VOLUNTEER_NAMESPACE}`, {
    transports: ["websocket"],
    forceNew: true,
  });
  const error = await new Promise<Error & { data?: unknown }>((resolve) =>
    socket.once("connect_error", resolve),
  );
  socket.disconnect();
  expect(error.data).toMatchObject({
    type: "/problems/invalid-input",
    detail: expect.stringContaining("cookie"),
  });
});

const BROKEN: readonly [string, string, unknown, string, RegExp][] = [
  [
    "an event nobody knows",
    "steal",
    {},
    "message-invalid",
    /hello, report, heartbeat, .*goodbye; got "steal"/,
  ],
  ["an event of Object's own", "constructor", {}, "message-invalid", /got "constructor"/],
  ["a report before hello", "report", { outcomes: [], want: 1 }, "message-invalid", /first message is hello/],
  ["a hello that is text", "hello", "hello", "message-invalid", /body/],
  ["a hello that is nothing", "hello", null, "message-invalid", /body/],
  ["too many slots", "hello", { ...HELLO, slotCount: LIMITS.slots + 1 }, "message-invalid", /slotCount/],
  ["tasks that are none", "hello", { ...HELLO, held: ["job_x/map/0"] }, "message-invalid", /held/],
  [
    "another version",
    "hello",
    { ...HELLO, protocolVersion: 999 },
    "protocol-too-old",
    /version \d+.*got 999/,
  ],
];

test("[E2702] a message that breaks the protocol is answered with what is wrong, and the line is cut", async ({
  hostile,
}) => {
  for (const [what, event, message, type, detail] of BROKEN) {
    const volunteer = await hostile();
    expect(await volunteer.ask(event, message), what).toEqual(refusal(type, detail));
    expect(await volunteer.cut, what).toMatchObject({ type: `/problems/${type}` });
  }
});

test("[E2703] a message without an acknowledgement, and packets that are none, cost the line", async ({
  hostile,
}) => {
  const mute = await hostile();
  mute.socket.emit("hello", HELLO);
  expect(await mute.cut).toMatchObject({ type: "/problems/message-invalid" });
  for (const packet of ["9", "2/volunteer,[", '2/volunteer,{"a":1}', "51-/volunteer,[]"]) {
    const rubbish = await hostile();
    rubbish.socket.io.engine.write(packet);
    expect(await rubbish.cut, packet).toBeNull();
  }
});

test("[E2704] a message just over the limit is answered and the line cut; one far over it is cut unread", async ({
  hostile,
}) => {
  const padded = (bytes: number) => ({ ...HELLO, padding: "x".repeat(bytes) });
  const long = await hostile();
  expect(await long.ask("hello", padded(LIMITS.messageBytes))).toEqual(
    refusal("message-invalid", new RegExp(`${LIMITS.messageBytes} characters`)),
  );
  expect(await long.cut).toMatchObject({ type: "/problems/message-invalid" });
  const endless = await hostile();
  endless.socket.emit("hello", padded(LIMITS.transportBytes), () => {});
  expect(await endless.cut).toBeNull();
});

test("[E2705] an output for reducers that there are none of costs the line, and the task goes to others", async ({
  hostile,
  volunteer,
  rest,
}) => {
  // Nobody else may have it before this one has lost it.
  const job = await rest.submit(squares(1, 0, { requires: { tags: ["bait"] } }));
  const liar = await hostile();
  const assigned = new Promise<{ tasks: { taskId: string }[] }>((resolve) =>
    liar.socket.once("assign", resolve),
  );
  await liar.ask("hello", { ...HELLO, device: { ...UNKNOWN_DEVICE, tags: ["bait"] }, want: 1 });
  const [task] = (await assigned).tasks;
  const part = { digest: "0".repeat(64), bytes: 1, records: 1, partition: 1 };
  const outcome = { type: "output", taskId: task?.taskId, parts: [part], elapsedMs: 1 };
  expect(await liar.ask("report", { outcomes: [outcome], want: 0 })).toEqual(
    refusal("message-invalid", /partitions in order, below 1; got 1 after 0/),
  );
  expect(await liar.cut).not.toBeNull();
  const { page } = await volunteer(1);
  await page.getByLabel("Tags").fill("bait");
  await page.getByLabel("Tags").blur();
  await rest.completed(job.id);
  expectSquares(await rest.result(job.id), 1);
  expect(await copiesBy(rest, job, liar)).toMatchObject([{ state: "lost", verdict: "none" }]);
});

test("[E2706] outputs for tasks that were never given count for nothing", async ({
  hostile,
  honestJob,
  rest,
}) => {
  const volunteer = await hostile();
  await volunteer.ask("hello", HELLO);
  const outcomes = Array.from({ length: TASKS }, (_, index) => ({
    type: "output",
    taskId: `${honestJob.id}/map/${index}`,
    parts: [{ text: '{"key":0,"value":"a lie"}\n', records: 1 }],
    elapsedMs: 1,
  }));
  const nobodys = { ...outcomes[0], taskId: "job_0123456789abcdef/map/0" };
  const reply = await volunteer.ask("report", { outcomes: [...outcomes, nobodys], want: 0 });
  expect(reply).toEqual({ ok: true, body: { answers: Array.from({ length: TASKS + 1 }, () => "done") } });
  await rest.completed(honestJob.id);
  expect(await copiesBy(rest, honestJob, volunteer)).toEqual([]);
});

test("[E2707] a second connection with the same cookie replaces the first, which is told so", async ({
  coordinator,
  hostile,
}) => {
  const first = await hostile();
  await first.ask("hello", HELLO);
  const second = sameSession(coordinator, first);
  await second.emitWithAck("hello", HELLO);
  expect(await first.cut).toMatchObject({ type: "/problems/session-replaced" });
  second.disconnect();
});

function sameSession(coordinator: Coordinator, { socket }: TestVolunteer) {
  const { extraHeaders = {} } = socket.io.opts;
  const address = `${coordinator.origin}${VOLUNTEER_NAMESPACE}`;
  return io(address, { transports: ["websocket"], forceNew: true, reconnection: false, extraHeaders });
}

async function copiesBy(rest: Rest, { id }: JobView, { id: volunteerId }: TestVolunteer) {
  const copies = (await rest.tasks(id)).flatMap((task) => task.copies);
  return copies.filter((copy) => copy.volunteerId === volunteerId);
}
