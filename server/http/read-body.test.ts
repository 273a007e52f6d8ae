import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readBody } from "./read-body";

const limit = { name: "submitBytes", bytes: 32 };
const Numbered = z.strictObject({ n: z.number() });

function post(body: BodyInit, headers: Record<string, string> = { "content-type": "application/json" }) {
  return new Request("http://grid/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

/** A body without an end; says how much of it was taken. */
function endlessBody() {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      taken += 16;
      controller.enqueue(new Uint8Array(16).fill(32));
    },
  });
  return { stream, taken: () => taken };
}

const read = (request: Request) => readBody(request, Numbered, limit);

describe("readBody", () => {
  it("[HT4] gives the body, checked by its schema", async () => {
    expect(await read(post('{"n":1}'))).toEqual({ n: 1 });
    await expect(read(post('{"n":"x"}'))).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("n: "),
    });
  });

  it("[HT5] refuses a body over the limit, naming the limit, without reading all of it", async () => {
    const { stream, taken } = endlessBody();
    await expect(read(post(stream))).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringMatching(/32 bytes \(submitBytes\)/),
    });
    expect(taken()).toBeLessThan(200);
  });

  it("[HT6] refuses a body that announces too much before reading any of it", async () => {
    const { stream, taken } = endlessBody();
    const request = post(stream, { "content-type": "application/json", "content-length": "33" });
    await expect(read(request)).rejects.toMatchObject({ code: "too-large" });
    expect(taken()).toBeLessThanOrEqual(16);
  });

  it("[HT7] says where a body stops being JSON", async () => {
    await expect(read(post('{\n  "n":}'))).rejects.toMatchObject({
      code: "malformed-json",
      message: 'Unexpected "}" at offset 8 (line 2, column 7)',
    });
    await expect(read(post('{"n":1'))).rejects.toMatchObject({
      message: "Unexpected the end of the body at offset 6 (line 1, column 7)",
    });
  });

  it("[HT8] refuses bytes that are not UTF-8", async () => {
    const bytes = Uint8Array.of(0x22, 0xff, 0x22);
    await expect(read(post(bytes))).rejects.toMatchObject({
      code: "malformed-json",
      message: expect.stringContaining("UTF-8"),
    });
  });

  it.each(["text/plain", "application/jsonp", ""])("[HT9] refuses the content type %j", async (type) => {
    await expect(read(post(new TextEncoder().encode("{}"), { "content-type": type }))).rejects.toMatchObject({
      code: "unsupported-media-type",
    });
  });

  it("[HT47] refuses a compressed body by its header, before it is taken for text", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    await expect(read(post(Uint8Array.of(0x1f, 0x8b), headers))).rejects.toMatchObject({
      code: "unsupported-media-type",
      message: expect.stringContaining('"gzip"'),
    });
  });

  it("[HT45] says of a body that breaks off how far it came, and calls that no bug", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(5).fill(32));
        controller.error(new Error("aborted"));
      },
    });
    await expect(read(post(body))).rejects.toMatchObject({ code: "invalid-input" });
  });

  it.each(['{"n":1,"__proto__":{}}', '{"\\u005f_proto_\\u005f" : 1}'])(
    "[HT80] refuses %s, which schemas would pass over",
    async (body) => {
      await expect(read(post(body))).rejects.toMatchObject({
        code: "invalid-input",
        message: "A member may not be named __proto__",
      });
    },
  );

  it("[HT81] takes a text that has such a member in it", async () => {
    await expect(read(post(JSON.stringify({ s: '{"__proto__":1}' })))).rejects.not.toMatchObject({
      message: "A member may not be named __proto__",
    });
  });

  it("[HT10] takes JSON with a charset", async () => {
    expect(await read(post('{"n":1}', { "content-type": "application/json; charset=utf-8" }))).toEqual({
      n: 1,
    });
  });
});
