/**
 * Lets modules be imported from text by the browser's way, an object URL of a blob, in Node: which imports neither
 * blob: addresses nor, with names in its stacks, data: ones. So the address is one of a file.
 */
import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** @param folder Belongs to us; whoever made it removes it. */
export function importFromFiles(folder: string): void {
  const partsOf = new WeakMap<Blob, readonly BlobPart[]>();
  const { Blob: NodesBlob } = globalThis;

  globalThis.Blob = class extends NodesBlob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      super(parts, options);
      partsOf.set(this, parts);
    }
  };
  // A blob's own bytes are there only later, and addresses are wanted now.
  URL.createObjectURL = (blob: Blob) => {
    // Errors' frames are known by such names: see source-frames.ts.
    const file = path.join(folder, `${randomUUID()}.mjs`);
    writeFileSync(file, Buffer.concat((partsOf.get(blob) ?? []).map(bytesOf)));
    return pathToFileURL(file).href;
  };
  URL.revokeObjectURL = (url: string) => rmSync(fileURLToPath(url), { force: true });
}

const { Buffer } = globalThis;

function bytesOf(part: BlobPart): Uint8Array {
  if (typeof part === "string") return Buffer.from(part);
  if (part instanceof Uint8Array) return part;
  throw new TypeError("A module is text or bytes");
}
