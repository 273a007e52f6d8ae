import { describe, expect, it, vi } from "vitest";
import { log } from "../log";
import { byteStream } from "./byte-stream";

/** Counts how often it is asked for more. */
function countedSource(chunkCount: number) {
  let asked = 0;
  async function* chunks() {
    for (let index = 0; index < chunkCount; index++) {
      asked += 1;
      yield Uint8Array.of(index);
    }
  }
  return { chunks: chunks(), asked: () => asked };
}

describe("byteStream", () => {
  it("[HT26] asks its source for no more than its reader has asked for", async () => {
    const { chunks, asked } = countedSource(100);
    const reader = byteStream(chunks, () => {}).getReader();
    expect(asked()).toBe(0);
    await reader.read();
    await reader.read();
    expect(asked()).toBe(2);
  });

  it("[HT27] stops its source when the reader leaves", async () => {
    const stop = vi.fn();
    const { chunks } = countedSource(100);
    const reader = byteStream(chunks, stop).getReader();
    await reader.read();
    await reader.cancel();
    expect(stop).toHaveBeenCalledOnce();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("[HT40] takes it quietly when the reader leaves while a chunk is being made", async () => {
    const error = vi.spyOn(log, "error");
    let make = () => {};
    const made = new Promise<void>((resolve) => (make = resolve));
    async function* slow(): AsyncGenerator<Uint8Array> {
      await made;
      yield Uint8Array.of(1);
    }
    const reader = byteStream(slow(), () => {}).getReader();
    const read = reader.read();
    const left = reader.cancel();
    make();
    await left;
    expect(await read).toEqual({ done: true, value: undefined });
    expect(error).not.toHaveBeenCalled();
  });

  it("[HT28] breaks off when its source fails, instead of ending as if complete", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      throw Object.assign(new Error("gone"), { name: "GridError", code: "job-ended" });
    }
    const response = new Response(byteStream(failing(), () => {}));
    await expect(response.arrayBuffer()).rejects.toThrow("gone");
  });
});
