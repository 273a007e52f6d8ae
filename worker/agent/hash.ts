/** SHA-256 for the agent: the browser's own for large bytes, where there is one. */
import { Digest } from "../../protocol/ids";
import { digestOf } from "../../protocol/digest";
import { fastHashOf, hasFastHash } from "../content";

/** Below this, plain JavaScript answers before the browser's promise would. */
const LARGE_BYTES = 16 * 1024;

export async function digestOfBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  if (bytes.byteLength < LARGE_BYTES || !hasFastHash()) return digestOf(bytes);
  return Digest.parse(await fastHashOf(bytes));
}
