import fc from "fast-check";
import { expect, it } from "vitest";
import { skipLines } from "./skip-lines";

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it("[HT90] a result goes on after as many records as its reader has, however its bytes are cut", async () => {
  const lines = fc.array(fc.string().map((text) => `${text.replaceAll("\n", "")}\n`));
  await fc.assert(
    fc.asyncProperty(lines, fc.nat(20), fc.integer({ min: 1, max: 50 }), async (all, count, size) => {
      const rest: Uint8Array[] = [];
      for await (const chunk of skipLines(cut(all.join(""), size), count)) rest.push(chunk);
      expect(Buffer.concat(rest).toString()).toBe(all.slice(count).join(""));
    }),
  );
});
