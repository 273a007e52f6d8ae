import { expect, test } from "vitest";
import { JobId, taskIdOf } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { UNSTORED_BYTES } from "./outlet";
import { openStreams } from "./stream";
import type { ToSlot } from "./stream-messages";

const taskId = taskIdOf(JobId.parse("job_0123456789abcdef"), "map", 0);

const sized = (size: number) => Object.defineProperty(new Uint8Array(0), "byteLength", { value: size });

test("[MS11] a task whose tab could not store a spill ends with the next one, and waits for no room", async () => {
  const port: Pick<MessagePort, "postMessage" | "onmessage"> = { postMessage() {}, onmessage: null };
  const stream = openStreams(port)(taskId);
  stream.spill(0, sized(UNSTORED_BYTES));
  const room = stream.room();
  const data: ToSlot = { op: "failed", taskId, message: "no room" };
  port.onmessage?.call(new MessageChannel().port1, new MessageEvent("message", { data }));
  await room;
  expect(stream.room()).toBe(null);
  expect(() => stream.spill(0, sized(1))).toThrow("no room");
});

test("[MS7] a task that does not wait is stopped before its tab has too much to store; one that waits goes on", async () => {
  const port: Pick<MessagePort, "postMessage" | "onmessage"> = { postMessage() {}, onmessage: null };
  const stream = openStreams(port)(taskId);
  const hear = (data: ToSlot) =>
    port.onmessage?.call(new MessageChannel().port1, new MessageEvent("message", { data }));
  expect(stream.room()).toBe(null);
  // As if it were as large: nothing is sent anywhere.
  const piece = () => sized(UNSTORED_BYTES);
  stream.spill(0, piece());
  const room = stream.room();
  expect(room).not.toBe(null);
  hear({ op: "stored", taskId, bytes: UNSTORED_BYTES });
  await room;
  expect(stream.room()).toBe(null);
  const most = LIMITS.unstoredBytes / UNSTORED_BYTES;
  for (let n = 0; n < most; n++) stream.send(piece());
  expect(() => stream.send(piece())).toThrow(
    `A task may emit ${LIMITS.unstoredBytes} bytes in one go (unstoredBytes)`,
  );
});
