import type * as z from "zod";
import type { DatasetFormatChoice } from "../../protocol/format";
import { Field } from "./field";

const FORMATS = [
  { name: "lines", label: "Lines of text" },
  { name: "jsonl", label: "JSON Lines" },
  { name: "csv", label: "CSV with a header" },
  { name: "parquet", label: "Parquet" },
  { name: "files", label: "Files of a tar archive" },
  { name: "bytes", label: "Binary records of one size" },
] as const;

/** Where a new version goes and how its bytes become records, as typed. */
export interface DatasetDraft {
  path: string;
  format: (typeof FORMATS)[number]["name"];
  recordBytes: string;
}

export const EMPTY_DATASET: DatasetDraft = { path: "", format: "lines", recordBytes: "100" };

export function formatOf({ format, recordBytes }: DatasetDraft): z.input<typeof DatasetFormatChoice> {
  return format === "bytes" ? { type: "bytes", recordBytes: Number(recordBytes) } : format;
}

interface DatasetFieldsProps {
  draft: DatasetDraft;
  change: (changes: Partial<DatasetDraft>) => void;
}

export function DatasetFields({ draft: { path, format, recordBytes }, change }: DatasetFieldsProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <Field label="Path" hint="/user/name" problem={undefined}>
        {(control) => (
          <input
            {...control}
            className="field font-mono"
            placeholder="/ada/measurements"
            value={path}
            onChange={(event) => change({ path: event.target.value })}
          />
        )}
      </Field>
      <Field label="Format" problem={undefined}>
        {(control) => (
          <select
            {...control}
            className="field"
            value={format}
            onChange={(event) => {
              const chosen = FORMATS.find(({ name }) => name === event.target.value);
              if (chosen) change({ format: chosen.name });
            }}
          >
            {FORMATS.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {format === "bytes" && (
        <Field label="Bytes of a record" problem={undefined}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              className="field tabular-nums"
              value={recordBytes}
              onChange={(event) => change({ recordBytes: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
