/**
 * What a block consists of, as it passes through a tab: bytes, or a handle to bytes that lie with the browser.
 *
 * Large blocks of inputs are `Blob`s from the network to the slot: their bytes never enter the agent, which would copy them once for
 * each that it hands them to. So a `Blob` is always unverified; whoever reads it compares it with its digest.
 */
export type Content = Uint8Array<ArrayBuffer> | Blob;

export function sizeOf(content: Content): number {
  return content instanceof Blob ? content.size : content.byteLength;
}

/** @throws {DOMException} `NotReadableError` when the browser has lost them. */
export async function readBlob(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** Pages without https have no crypto.subtle. */
export const hasFastHash = (): boolean => "subtle" in crypto;

/** @returns SHA-256 by the browser's own code, in hexadecimal. @throws {TypeError} Where `hasFastHash` says no. */
export async function fastHashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
