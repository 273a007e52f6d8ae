/** Records for programs that are not JavaScript: as text, or as JSON with the bytes beside it. */

/** What stands in place of bytes. */
type Instead = (bytes: Uint8Array) => unknown;

/** @throws {TypeError} If the record is bytes, which text cannot hold. */
export function recordText(record: unknown): string {
  if (typeof record === "string") return record;
  const refuse = () => {
    throw new TypeError(
      "This language reads records as text; bytes and files need a program in JavaScript or Python",
    );
  };
  return plainJson(record, refuse) ?? spelled(record, refuse);
}

/** @returns JSON in which `{"$bytes": n}` stands for the `n`th of `bytes`. */
export function withBytesBeside(records: readonly unknown[]): { json: string; bytes: Uint8Array[] } {
  const bytes: Uint8Array[] = [];
  const instead: Instead = (found) => ({ $bytes: bytes.push(found) - 1 });
  const json = plainJson(records, instead);
  if (json !== null) return { json, bytes };
  bytes.length = 0;
  return { json: spelled(records, instead), bytes };
}

/** Null when there are numbers in it that only `spelled` can write. */
function plainJson(value: unknown, instead: Instead): string | null {
  let hasLarge = false;
  const json = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return instead(part);
    if (typeof part !== "bigint") return part;
    hasLarge = true;
    return null;
  });
  return hasLarge ? null : json;
}

/** As JSON.stringify, but integers of any size have all of their digits, which other languages can read. */
function spelled(value: unknown, instead: Instead): string {
  return spelledIfAny(value, instead) ?? "null";
}

/** Undefined for what JSON has nothing for. */
function spelledIfAny(value: unknown, instead: Instead): string | undefined {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) as string | undefined;
  if (value instanceof Uint8Array) return spelledIfAny(instead(value), instead);
  if (Array.isArray(value)) return `[${value.map((part) => spelled(part, instead)).join(",")}]`;
  if (value instanceof Date) return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([name, part]) => {
    const text = spelledIfAny(part, instead);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${fields.join(",")}}`;
}
