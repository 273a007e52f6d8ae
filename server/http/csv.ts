/** Writes a result as CSV (RFC 4180): columns `key` and `value`, lines ended by CRLF, UTF-8. */
import { linesOf } from "./ndjson-lines";

const encoder = new TextEncoder();

/**
 * @param ndjson Lines of `{"key":…,"value":…}`, cut anywhere.
 * @returns The header line, then one line for each record, in order.
 */
export async function* csvOf(ndjson: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield encoder.encode("key,value\r\n");
  for await (const lines of linesOf(ndjson)) yield encoder.encode(lines.map(csvLine).join(""));
}

function csvLine(json: string): string {
  const { key, value }: { key: unknown; value: unknown } = JSON.parse(json);
  return `${csvField(key)},${csvField(value)}\r\n`;
}

/** Text as it is, null as nothing, other scalars and everything larger as JSON. */
export function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // An empty text is quoted, to tell it from null.
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
