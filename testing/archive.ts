/** Makes tar archives with the system's tar. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Of files by name. @param format As tar calls it. */
export function archive(files: Readonly<Record<string, string>>, format = "gnu"): Buffer<ArrayBuffer> {
  const folder = mkdtempSync(path.join(tmpdir(), "tar-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const bytes = execFileSync("tar", [`--format=${format}`, "-C", folder, "-c", ...Object.keys(files)]);
  rmSync(folder, { recursive: true });
  return Buffer.from(bytes);
}
