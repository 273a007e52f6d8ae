import { describe, expect, it } from "vitest";
import { at } from "../testing/builders";
import { seededChance } from "./chance";
import { Timers, type Timer } from "./timers";

describe("timers", () => {
  it("[TM1] come up when their time has come: the earliest first, and of equals what was set first", () => {
    const timers = new Timers<string>();
    timers.set(at(900), "third");
    timers.set(at(300), "first");
    timers.set(at(900), "fourth");
    timers.set(at(310), "second");
    expect(timers.takePassed(at(299))).toEqual([]);
    expect(timers.takePassed(at(900))).toEqual(["first", "second", "third", "fourth"]);
    expect(timers.size).toBe(0);
  });

  it("[TM2] that were taken back do not come up", () => {
    const timers = new Timers<string>();
    const [one] = ["one", "two", "three"].map((name) => timers.set(at(500), name));
    timers.clear(one ?? NaN);
    expect(timers.takePassed(at(500))).toEqual(["two", "three"]);
  });

  it("[TM3] move with a clock that is set", () => {
    const timers = new Timers<string>();
    const timer = timers.set(at(500), "it");
    timers.move(3_600_000);
    expect(timers.at(timer)).toBe(at(3_600_500));
    expect(timers.takePassed(at(3_600_499))).toEqual([]);
    expect(timers.takePassed(at(3_600_500))).toEqual(["it"]);
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "[TM4] do what a sorted list does, with seed %i",
    (seed) => {
      const chance = seededChance(seed);
      const timers = new Timers<number>();
      let list: { item: number; time: number; timer: Timer }[] = [];
      let now = 0;
      for (let item = 0; item < 2_000; item++) {
        const time = now + chance.between(-1_000, chance.happens(0.1) ? 400_000 : 20_000);
        list.push({ item, time, timer: timers.set(at(time), item) });
        if (chance.happens(0.4)) {
          const [gone] = list.splice(Math.floor(chance.next() * list.length), 1);
          if (gone) timers.clear(gone.timer);
        }
        now += chance.happens(0.01) ? chance.between(0, 300_000) : chance.between(0, 500);
        const due = list.filter(({ time: dueAt }) => dueAt <= now).sort((a, b) => a.time - b.time);
        list = list.filter(({ time: dueAt }) => dueAt > now);
        expect(timers.takePassed(at(now))).toEqual(due.map((one) => one.item));
        expect(timers.size).toBe(list.length);
      }
    },
  );
});
