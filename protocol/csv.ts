/**
 * CSV as RFC 4180 has it: where rows end, and which fields they have.
 *
 * A quote opens a field only as its first character, and is doubled within; a line end within quotes belongs to
 * the field. Rows end at \n; a \r before it is not part of the row. Empty lines are no rows.
 */
export interface CsvDialect {
  /** One ASCII character. */
  readonly delimiter: string;
  /** One ASCII character, or null when quotes are characters like others. */
  readonly quote: string | null;
}

/** From `start` up to, but not including, `end`, without the line end. */
export interface RowSpan {
  readonly start: number;
  readonly end: number;
}

/** The rows of a text that is whole rows, as `core/scan-csv.ts` cut it. */
export function rowsIn(text: string, { quote }: CsvDialect): RowSpan[] {
  const rows: RowSpan[] = [];
  let start = 0;
  // A line end is within quotes when the number of quotes before it, from where the row begins, is odd.
  let quoteAt = quote === null ? -1 : text.indexOf(quote);
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    while (end !== -1 && quoteAt !== -1 && quoteAt < end) {
      const closing = text.indexOf(quote ?? "", quoteAt + 1);
      if (closing > end) end = text.indexOf("\n", closing);
      quoteAt = closing === -1 ? -1 : text.indexOf(quote ?? "", closing + 1);
    }
    const next = end === -1 ? text.length : end + 1;
    const last = end === -1 ? text.length : end;
    const trimmed = text[last - 1] === "\r" && last > start ? last - 1 : last;
    if (trimmed > start) rows.push({ start, end: trimmed });
    start = next;
  }
  return rows;
}

/** The fields of one row. */
export function fieldsOf(text: string, { start, end }: RowSpan, dialect: CsvDialect): string[] {
  const { delimiter, quote } = dialect;
  const fields: string[] = [];
  for (let at = start; at <= end;) {
    const isQuoted = quote !== null && at < end && text[at] === quote;
    const field = isQuoted ? quotedAt(text, at, end, quote) : plainAt(text, at, end, delimiter);
    fields.push(field.value);
    at = field.end + 1;
  }
  return fields;
}

interface Field {
  readonly value: string;
  /** Where the delimiter is, or the end of the row. */
  readonly end: number;
}

function plainAt(text: string, start: number, rowEnd: number, delimiter: string): Field {
  const found = text.indexOf(delimiter, start);
  const end = found === -1 || found > rowEnd ? rowEnd : found;
  return { value: text.slice(start, end), end };
}

function quotedAt(text: string, start: number, rowEnd: number, quote: string): Field {
  let value = "";
  let from = start + 1;
  for (;;) {
    const closing = text.indexOf(quote, from);
    if (closing === -1 || closing >= rowEnd) return { value: value + text.slice(from, rowEnd), end: rowEnd };
    value += text.slice(from, closing);
    if (text[closing + 1] !== quote || closing + 1 >= rowEnd) return { value, end: closing + 1 };
    value += quote;
    from = closing + 2;
  }
}
