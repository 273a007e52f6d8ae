/** A secret of this grid, made at its first start and kept beside its database: keys that are made with it mean nothing elsewhere. */
import { randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import path from "node:path";

const SECRET_BYTES = 32;

/** @returns 64 hexadecimal digits; the same at every start. */
export async function readSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, "secret");
  const before = await readFile(file, "utf8").catch(() => "");
  if (before.length === 2 * SECRET_BYTES) return before;
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(secret);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return secret;
}
