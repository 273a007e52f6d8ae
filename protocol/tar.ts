/** Tar archives, as POSIX (ustar, pax) and GNU write them: what a header of 512 bytes says, and which files there are. */
export const TAR_UNIT = 512;

export interface TarHeader {
  readonly name: string;
  /** Bytes of content that follow, before they are filled up to a whole unit. */
  readonly size: number;
  /** `file` is one; `about` tells more of the entry that follows; `other` is a folder, link or device. */
  readonly type: "file" | "about" | "long-name" | "other";
}

/** @returns Null for a unit of zeros, which ends an archive; undefined when it is no header. */
export function readTarHeader(unit: Uint8Array): TarHeader | null | undefined {
  if (unit.every((byte) => byte === 0)) return null;
  const size = octal(unit, 124, 12);
  if (size === null || octal(unit, 148, 8) !== checksum(unit)) return undefined;
  const prefix = text(unit, 257, 5) === "ustar" && unit[262] === 0 ? text(unit, 345, 155) : "";
  const name = prefix === "" ? text(unit, 0, 100) : `${prefix}/${text(unit, 0, 100)}`;
  return { name, size, type: typeOf(String.fromCharCode(unit[156] ?? 0)) };
}

/** Bytes with what fills up the last unit. */
export const tarPadded = (size: number): number => Math.ceil(size / TAR_UNIT) * TAR_UNIT;

export interface TarFile {
  readonly name: string;
  /** Where its content is, from `start` up to, but not including, `end`. */
  readonly start: number;
  readonly end: number;
}

/** The files of a whole archive, or of a part that begins and ends between files. */
export function tarFilesIn(bytes: Uint8Array): TarFile[] {
  const files: TarFile[] = [];
  let longName: string | null = null;
  for (let at = 0; at + TAR_UNIT <= bytes.length;) {
    const header = readTarHeader(bytes.subarray(at, at + TAR_UNIT));
    at += TAR_UNIT;
    if (!header) continue;
    const end = at + header.size;
    if (header.type === "file") files.push({ name: longName ?? header.name, start: at, end });
    if (header.type === "long-name") longName = text(bytes, at, header.size);
    else if (header.type === "about") longName = paxPath(bytes.subarray(at, end)) ?? longName;
    else longName = null;
    at += tarPadded(header.size);
  }
  return files;
}

function typeOf(flag: string): TarHeader["type"] {
  if (flag === "0" || flag === "\0" || flag === "7") return "file";
  if (flag === "L") return "long-name";
  return flag === "x" || flag === "g" || flag === "K" ? "about" : "other";
}

/** Of lines `LENGTH path=NAME`. */
function paxPath(bytes: Uint8Array): string | null {
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(text(bytes, at, space - at));
    if (space === -1 || !Number.isSafeInteger(length) || length <= space - at) return null;
    const line = text(bytes, space + 1, at + length - space - 2);
    if (line.startsWith("path=")) return line.slice("path=".length);
    at += length;
  }
  return null;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function octal(unit: Uint8Array, start: number, length: number): number | null {
  const digits = text(unit, start, length).trim();
  return /^[0-7]{0,11}$/.test(digits) ? Number.parseInt(digits || "0", 8) : null;
}

/** The sum of all bytes, the field of the sum itself taken as spaces. */
function checksum(unit: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < TAR_UNIT; at++) sum += at >= 148 && at < 156 ? 0x20 : (unit[at] ?? 0);
  return sum;
}
