import { describe, expect, it } from "vitest";
import { csvField, csvOf } from "./csv";

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString("utf8");
}

async function* cutEvery(text: string, byteCount: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += byteCount) yield bytes.subarray(at, at + byteCount);
}

describe("csvOf", () => {
  const ndjson =
    '{"key":"ä,b","value":1}\n{"key":2,"value":{"x":[1]}}\n{"key":null,"value":"say \\"hi\\"\\n"}\n';

  it.each([1, 7, 1000])(
    "[HT22] writes one line a record, however the bytes are cut (%i)",
    async (byteCount) => {
      expect(await textOf(csvOf(cutEvery(ndjson, byteCount)))).toBe(
        'key,value\r\n"ä,b",1\r\n2,"{""x"":[1]}"\r\n,"say ""hi""\n"\r\n',
      );
    },
  );

  it("[HT23] writes the header line of a result without records", async () => {
    expect(await textOf(csvOf(cutEvery("", 1)))).toBe("key,value\r\n");
  });

  it("[HT24] does not lose a last line without its end", async () => {
    expect(await textOf(csvOf(cutEvery('{"key":1,"value":2}', 5)))).toBe("key,value\r\n1,2\r\n");
  });
});

describe("csvField", () => {
  it.each([
    ["plain text", "plain text"],
    ["", '""'],
    [null, ""],
    [true, "true"],
    [1.5, "1.5"],
    ["a\rb", '"a\rb"'],
    [[1, "x"], '"[1,""x""]"'],
  ])("[HT25] writes %j as %s", (value, field) => {
    expect(csvField(value)).toBe(field);
  });
});
