/** Writes a result as lines of `key⇥value`, as Hadoop Streaming writes its own: what a shell pipe can go on with. */
import { linesOf } from "./ndjson-lines";

const encoder = new TextEncoder();

/** @param ndjson Lines of `{"key":…,"value":…}`, cut anywhere. */
export async function* tsvOf(ndjson: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const lines of linesOf(ndjson)) yield encoder.encode(lines.map(tsvLine).join(""));
}

/** Text as it is, anything else as JSON; a key whose value is null stands alone. */
function tsvLine(json: string): string {
  const { key, value }: { key: unknown; value: unknown } = JSON.parse(json);
  return value === null ? `${fieldOf(key)}\n` : `${fieldOf(key)}\t${fieldOf(value)}\n`;
}

const fieldOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
