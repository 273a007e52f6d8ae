/** How bytes become records, as it is being chosen in a form. */
import type * as z from "zod";
import type { DatasetFormatChoice, DatasetFormatName } from "../../protocol/format";
import { DraftError } from "./draft-error";

export interface FormatDraft {
  /** `told`: as the address or its host says. */
  name: DatasetFormatName | "told";
  /** For CSV: one character, or `\\t` for a tab. */
  delimiter: string;
  /** For CSV: one character; empty when there are none. */
  quote: string;
  hasHeader: boolean;
  recordBytes: string;
}

export type FormatRequest = z.input<typeof DatasetFormatChoice>;

export const EMPTY_FORMAT: FormatDraft = {
  name: "lines",
  delimiter: ",",
  quote: '"',
  hasHeader: true,
  recordBytes: "100",
};

/** What those are called that can be chosen. */
export const FORMAT_LABELS: Record<DatasetFormatName, string> = {
  lines: "Lines of text",
  jsonl: "JSON Lines",
  csv: "CSV",
  bytes: "Binary records of one size",
  files: "Files of a tar archive",
  parquet: "Parquet",
};

/**
 * @param field Of the submission, which a problem is about.
 * @returns Undefined when it is left to the address.
 * @throws {DraftError} For what cannot be sent.
 */
export function formatFrom(draft: FormatDraft, field: string): FormatRequest | undefined {
  const { name, hasHeader: header, recordBytes } = draft;
  switch (name) {
    case "told":
      return undefined;
    case "csv": {
      const delimiter = characterIn(draft.delimiter, field, "Between fields");
      const quote = draft.quote === "" ? null : characterIn(draft.quote, field, "Around fields");
      return { type: "csv", delimiter, quote, header };
    }
    case "bytes": {
      if (!/^[1-9]\d*$/.test(recordBytes.trim()))
        throw new DraftError(field, `Bytes of a record must be a whole number from 1; got "${recordBytes}"`);
      return { type: "bytes", recordBytes: Number(recordBytes) };
    }
    default:
      return name;
  }
}

/** The form filled with a format that was chosen before. */
export function formatDraftFrom(format: FormatRequest | undefined): FormatDraft {
  if (format === undefined) return { ...EMPTY_FORMAT, name: "told" };
  if (typeof format === "string") return { ...EMPTY_FORMAT, name: format };
  switch (format.type) {
    case "csv": {
      const { delimiter = ",", quote = '"', header: hasHeader = true } = format;
      const typed = delimiter === "\t" ? "\\t" : delimiter;
      return { ...EMPTY_FORMAT, name: "csv", delimiter: typed, quote: quote ?? "", hasHeader };
    }
    case "bytes":
      return { ...EMPTY_FORMAT, name: "bytes", recordBytes: String(format.recordBytes) };
    default:
      return { ...EMPTY_FORMAT, name: format.type };
  }
}

function characterIn(typed: string, field: string, what: string): string {
  const character = typed === "\\t" ? "\t" : typed;
  if (character.length === 1) return character;
  throw new DraftError(field, `${what} there must be one character, or \\t for a tab; got "${typed}"`);
}
