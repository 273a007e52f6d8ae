/** However much passes through the coordinator, it holds little of it: what comes in, and what goes out to somebody who is slow. */
import { randomBytes } from "node:crypto";
import { putDataset } from "../bench/put-dataset";
import { watchMemory } from "../testing/process-memory";
import type { Coordinator } from "./fixtures/coordinator";
import { expect, test } from "./fixtures/test";

const MIB = 1024 * 1024;
const SENT_MIB = 256;
const ROWS = 150_000;
const ROW_BYTES = 1000;
/** Of what there is. Garbage that is not collected yet is most of it: ten times as much data takes no more. */
const [MOST_SENT_MIB, MOST_READ_MIB] = [100, 70];
const RECORD_BYTES = 1024;

/** No two blocks are the same: a stretch of random bytes, each piece with its number in front. */
function* pieces(): Generator<Uint8Array> {
  const random = randomBytes(MIB);
  for (let place = 0; place < SENT_MIB; place++) {
    const piece = Buffer.from(random);
    piece.writeUInt32LE(place);
    yield piece;
  }
}

/** How much more it takes at its peak than at first, in MiB, while something is done. */
async function growthOf({ pid }: Coordinator, act: () => Promise<void>): Promise<number> {
  const memory = watchMemory(
    () => Promise.resolve({ coordinator: [pid] }),
    () => "VmRSS",
    20,
  );
  const most = () => memory.most().get("coordinator") ?? 0;
  await expect.poll(most).toBeGreaterThan(0);
  const before = most();
  await act();
  memory.stop();
  return most() - before;
}

test("[E5201] an upload of hundreds of megabytes costs the coordinator little memory", async ({
  coordinator,
}) => {
  const grown = await growthOf(coordinator, async () => {
    const address = `${coordinator.origin}/api/v1/datasets/ada/large?format=bytes&recordBytes=${RECORD_BYTES}`;
    await putDataset(address, pieces());
  });
  expect(grown).toBeLessThan(MOST_SENT_MIB);
});

test("[E5202] a result of many rows that a slow reader takes costs the coordinator little memory", async ({
  coordinator,
  rest,
  volunteer,
}) => {
  await volunteer();
  const { id } = await rest.submit({
    program: { source: `const text = "x".repeat(${ROW_BYTES}); export const map = (n) => n + text;` },
    input: { range: { end: ROWS } },
    options: { quorum: 1, chunkSize: 5_000 },
  });
  await rest.completed(id);
  let [lines, bytes] = [0, 0];
  const grown = await growthOf(coordinator, async () => {
    const { body } = await rest.fetch(`/api/v1/jobs/${id}/result`);
    let read = 0;
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
      // Slow at first, when most can pile up.
      if ((read += 1) <= 20) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  expect(lines).toBe(ROWS);
  expect(bytes).toBeGreaterThan(2 * MOST_READ_MIB * MIB);
  expect(grown).toBeLessThan(MOST_READ_MIB);
});
