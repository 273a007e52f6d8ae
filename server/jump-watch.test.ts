import { expect, test } from "vitest";
import { openJumpWatch } from "./jump-watch";

function openClocks() {
  const clocks = { wall: 1_000_000, steady: 0 };
  const jumped = openJumpWatch(
    () => clocks.wall,
    () => clocks.steady,
  );
  return {
    jumped,
    pass(wallMs: number, steadyMs = wallMs) {
      clocks.wall += wallMs;
      clocks.steady += steadyMs;
    },
  };
}

test("[CO60] tells once by how much the wall clock jumped, in either direction", () => {
  const clocks = openClocks();
  clocks.pass(60_000);
  expect(clocks.jumped()).toBe(0);
  clocks.pass(3_600_000, 10);
  expect(clocks.jumped()).toBe(3_599_990);
  expect(clocks.jumped()).toBe(0);
  clocks.pass(-3_600_000, 0);
  expect(clocks.jumped()).toBe(-3_600_000);
});

test("[CO60] takes small corrections as they come, also when they add up over days", () => {
  const clocks = openClocks();
  for (let correction = 0; correction < 20; correction++) {
    clocks.pass(1_000, 900);
    if (correction === 8) expect(clocks.jumped()).toBe(0);
  }
  expect(Math.abs(clocks.jumped())).toBeGreaterThanOrEqual(1_000);
});
