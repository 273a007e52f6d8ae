import { expect, it } from "vitest";
import { tsvOf } from "./tsv";

async function* cutEvery(text: string, byteCount: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += byteCount) yield bytes.subarray(at, at + byteCount);
}

it.each([1, 7, 1000])(
  "[HT60] a result as text is what commands write and read, however the bytes are cut (%i)",
  async (byteCount) => {
    const ndjson =
      '{"key":"ä","value":"1\\t2"}\n{"key":"alone","value":null}\n{"key":7,"value":{"x":[1]}}\n{"key":"","value":""}';
    const parts: Uint8Array[] = [];
    for await (const chunk of tsvOf(cutEvery(ndjson, byteCount))) parts.push(chunk);
    expect(Buffer.concat(parts).toString()).toBe('ä\t1\t2\nalone\n7\t{"x":[1]}\n\t\n');
  },
);
