/** Uploads a dataset as a stream, in one request whose length nobody says. */
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

/** @param url Of the dataset, with its format and options. @throws {Error} With the grid's words, when it refuses. */
export async function putDataset(url: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const upload = request(url, { method: "PUT", headers: { "content-type": "application/octet-stream" } });
  const answered = once(upload, "response") as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(pieces), upload);
  const [answer] = await answered;
  if ((answer.statusCode ?? 0) >= 300) throw new Error(`The dataset was refused: ${await text(answer)}`);
  answer.resume();
}
