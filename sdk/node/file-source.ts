/** A file as the source of an upload: read part by part, never whole. */
import { open } from "node:fs/promises";
import type { UploadSource } from "../upload-source";

/** @throws What the system says, such as `ENOENT`; `TypeError` if it is no file. */
export async function openFileSource(file: string): Promise<UploadSource> {
  const handle = await open(file);
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new TypeError(`${file} is no file`);
  }
  return {
    length: stat.size,
    async read(offset, count) {
      const bytes = new Uint8Array(Math.max(0, Math.min(count, stat.size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
        if (bytesRead === 0) throw new Error(`${file} has become shorter while it was sent`);
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
