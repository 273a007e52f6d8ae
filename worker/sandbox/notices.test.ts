import { expect, test } from "vitest";
import { mapTask } from "../agent/fake-grid";
import { openNotices } from "./notices";

function openTestNotices() {
  let time = 0;
  let due: { at: number; act: () => void } | null = null;
  const told: number[] = [];
  const notices = openNotices({
    everyMs: 25,
    now: () => time,
    after(delayMs, act) {
      due = { at: time + delayMs, act };
      return () => (due = null);
    },
    tell: ({ progress }) => told.push(progress),
  });
  return {
    told,
    end: notices.end,
    note: (progress: number) => notices.note({ taskId: mapTask(1), index: 0, progress }),
    pass(ms: number) {
      time += ms;
      const now = due && due.at <= time ? due : null;
      if (!now) return;
      due = null;
      now.act();
    },
  };
}

test("[NT1] a word that comes soon after another is told when its time has come, the newest in place of older ones", () => {
  const { note, pass, told } = openTestNotices();
  pass(30);
  note(0);
  note(0.1);
  pass(5);
  note(0.2);
  expect(told).toEqual([0]);
  pass(20);
  expect(told).toEqual([0, 0.2]);
  pass(100);
  expect(told, "nothing is told twice").toEqual([0, 0.2]);
  note(0.3);
  expect(told).toEqual([0, 0.2, 0.3]);
});

test("[NT2] nothing is told of tasks that have ended", () => {
  const { note, pass, told, end } = openTestNotices();
  note(0.5);
  end();
  pass(100);
  expect(told).toEqual([]);
});
