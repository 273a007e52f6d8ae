/** SHA-256 for the agent: the browser's own for large bytes, where there is one. */
import { Digest } from "../../protocol/ids";
import { digestOf } from "../../protocol/digest";

/** Below this, plain JavaScript answers before the promise of crypto.subtle would. */
const LARGE_BYTES = 16 * 1024;

export async function digestOfBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  // Pages without https have no crypto.subtle.
  if (bytes.byteLength < LARGE_BYTES || !("subtle" in crypto)) return digestOf(bytes);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Digest.parse(Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""));
}
