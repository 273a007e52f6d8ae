/** Records for programs that are not JavaScript: as text, or as JSON with the bytes beside it. */

/** @throws {TypeError} If the record is bytes, which text cannot hold. */
export function recordText(record: unknown): string {
  if (typeof record === "string") return record;
  return JSON.stringify(record, (_, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    throw new TypeError(
      "This language reads records as text; bytes and files need a program in JavaScript or Python",
    );
  });
}

/** @returns JSON in which `{"$bytes": n}` stands for the `n`th of `bytes`. */
export function withBytesBeside(records: readonly unknown[]): { json: string; bytes: Uint8Array[] } {
  const bytes: Uint8Array[] = [];
  const json = JSON.stringify(records, (_, value: unknown) =>
    value instanceof Uint8Array ? { $bytes: bytes.push(value) - 1 } : value,
  );
  return { json, bytes };
}
