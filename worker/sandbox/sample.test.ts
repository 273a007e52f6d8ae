import { expect, test } from "vitest";
import { keysIn } from "../../protocol/runs/run-block";
import { openFakeStream } from "./fake-stream";
import { openParts } from "./parts";
import { HELD_KEYS, openSampleCollector } from "./sample";

test("[MS10] a sample holds a bounded number of keys, and those that it tells of are spread over all that came", async () => {
  const stream = openFakeStream();
  const collector = openSampleCollector(openParts("task", stream), stream);
  const count = 5 * HELD_KEYS;
  for (let key = 0; key < count; key++) collector.emit(key, null);
  const [part] = await collector.finish();
  const block = part && "run" in part ? part.run : stream.sent[0];
  const keys = block ? keysIn(block).map(({ key }) => Number(key)) : [];
  expect(keys.length).toBeGreaterThanOrEqual(1_000);
  for (const [place, key] of keys.entries())
    expect(Math.abs(key - (place * count) / keys.length)).toBeLessThan(count / 500);
});
