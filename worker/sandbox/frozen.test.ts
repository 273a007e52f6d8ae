import { expect, test } from "vitest";
import { freezeConfig } from "./frozen";

test("[FZ1] freezes objects, lists, maps, sets, dates and instances, also where they hold one another", () => {
  class Point {
    x = 1;
  }
  const config = {
    list: [{ a: 1 }],
    map: new Map<unknown, unknown>(),
    set: new Set<unknown>(),
    date: new Date(0),
    point: new Point(),
  };
  config.map.set({ key: 1 }, config);
  config.set.add(config);
  const key = [...config.map.keys()][0] as { key: number };
  freezeConfig(config);
  for (const change of [
    () => (config.list = []),
    () => config.list.push({ a: 2 }),
    () => (key.key = 2),
    () => config.map.set(1, 1),
    () => config.map.clear(),
    () => config.set.add(1),
    () => config.set.delete(config),
    () => config.date.setTime(1),
    () => config.date.setUTCFullYear(1999),
    () => (config.point.x = 2),
  ]) {
    expect(change).toThrow(TypeError);
  }
  expect([config.map.get(key), config.set.has(config), config.date.getTime()]).toEqual([config, true, 0]);
  expect(new Map(config.map).set(1, 1).size).toBe(2);
});

test("[FZ2] puts bytes, and where a regular expression goes on, back as they were when the next task begins", () => {
  const { buffer } = Uint8Array.from([1, 2, 3, 4]);
  const config = { bytes: new Uint8Array(buffer), view: new DataView(buffer), buffer, words: /\w+/g };
  const { restore } = freezeConfig(config);
  expect(config.words.exec("one two")?.[0]).toBe("one");
  config.bytes[0] = 9;
  config.view.setUint8(1, 9);
  restore();
  expect([...config.bytes]).toEqual([1, 2, 3, 4]);
  expect(config.words.exec("one two")?.[0]).toBe("one");
});
