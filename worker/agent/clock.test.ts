import { expect, test } from "vitest";
import { afterAwake } from "./clock";
import { openFakeClock } from "./fake-clock";

function openWait(delayMs: number) {
  const clock = openFakeClock();
  const calls: number[] = [];
  const beganAt = clock.now();
  const cancel = afterAwake(clock, delayMs, () => calls.push(clock.now() - beganAt));
  return { clock, calls, cancel };
}

test("[AG53] a wait for time awake ends when it is over, and not when it was given up", async () => {
  const { clock, calls } = openWait(7_500);
  await clock.advance(10_000);
  expect(calls).toEqual([7_500]);
  const other = openWait(7_500);
  await other.clock.advance(7_000);
  other.cancel();
  await other.clock.advance(10_000);
  expect(other.calls).toEqual([]);
});

test("[AG53] a sleep does not count, and what is left of a wait after it is at least what was left before", async () => {
  for (const delayMs of [1_000, 8_000]) {
    const { clock, calls } = openWait(delayMs);
    await clock.advance(delayMs - 500);
    await clock.sleep(25_000);
    await clock.advance(499);
    expect(calls).toEqual([]);
    await clock.advance(2_000);
    expect(calls).toHaveLength(1);
  }
});

test("[AG53] a timer that is somewhat late is no sleep, and a wait ends on a machine whose timers are all late", async () => {
  const late = openWait(6_000);
  for (let time = 0; time < 2; time++) await late.clock.sleep(3_500);
  expect(late.calls).toEqual([7_000]);
  const slow = openWait(6_000);
  for (let time = 0; time < 6; time++) await slow.clock.sleep(5_000);
  expect(slow.calls).toEqual([20_000]);
});
