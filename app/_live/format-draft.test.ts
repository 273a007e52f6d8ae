import { expect, test } from "vitest";
import { DatasetFormat, DATASET_FORMATS, wholeDatasetFormat } from "../../protocol/format";
import { EMPTY_FORMAT, formatDraftFrom, formatFrom, type FormatRequest } from "./format-draft";

test.each<FormatRequest | undefined>([
  undefined,
  "lines",
  "files",
  { type: "csv", delimiter: "\t", quote: null, header: false },
  { type: "csv", delimiter: ";", quote: "'", header: true },
  { type: "bytes", recordBytes: 16 },
])("[FM6] a format that is put into the form and sent is the same: %o", (format) => {
  expect(formatFrom(formatDraftFrom(format), "input.format")).toEqual(format);
});

test.each(DATASET_FORMATS)("[FM7] what the form begins with can be sent, as %s", (name) => {
  const format = formatFrom({ ...EMPTY_FORMAT, name }, "input.format");
  expect(DatasetFormat.safeParse(format && wholeDatasetFormat(format as never)).data).toMatchObject({
    type: name,
  });
});

test("[FM8] refuses what cannot be sent, says what was expected and what came, and in which field", () => {
  const long = { ...EMPTY_FORMAT, name: "csv", delimiter: "::" } as const;
  expect(() => formatFrom(long, "input.format")).toThrow(
    expect.objectContaining({ field: "input.format", message: expect.stringContaining('got "::"') }),
  );
  const none = { ...EMPTY_FORMAT, name: "bytes", recordBytes: "ten" } as const;
  expect(() => formatFrom(none, "input.format")).toThrow(/whole number from 1; got "ten"/);
});
