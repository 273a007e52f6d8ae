import { DATASET_FORMATS, type DatasetFormatName } from "../../protocol/format";
import { FORMAT_LABELS, type FormatDraft } from "../_live/format-draft";
import { Field } from "./field";

interface FormatFieldsProps {
  format: FormatDraft;
  change: (format: FormatDraft) => void;
  /** Whether it can be left to the address that the bytes come from. */
  canBeTold: boolean;
  problem?: string | undefined;
}

const TOLD = "As the address says";

/** How bytes become records, with what each format can be told. */
export function FormatFields({ format, change, canBeTold, problem }: FormatFieldsProps) {
  const { name } = format;
  const isName = (value: string): value is DatasetFormatName =>
    DATASET_FORMATS.some((known) => known === value);
  return (
    <>
      <Field
        label="Format"
        problem={problem}
        {...(name === "told" && { hint: "By its ending or the content type; otherwise lines." })}
      >
        {(control) => (
          <select
            {...control}
            className="field"
            value={name}
            onChange={({ target: { value } }) => change({ ...format, name: isName(value) ? value : "told" })}
          >
            {canBeTold && <option value="told">{TOLD}</option>}
            {DATASET_FORMATS.map((known) => (
              <option key={known} value={known}>
                {FORMAT_LABELS[known]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {name === "csv" && <CsvFields format={format} change={change} />}
      {name === "bytes" && (
        <Field label="Bytes of a record" problem={undefined}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              className="field tabular-nums"
              value={format.recordBytes}
              onChange={(event) => change({ ...format, recordBytes: event.target.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}

function CsvFields({ format, change }: Pick<FormatFieldsProps, "format" | "change">) {
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-2">
      <Character
        label="Between fields"
        value={format.delimiter}
        set={(delimiter) => change({ ...format, delimiter })}
      />
      <Character label="Around fields" value={format.quote} set={(quote) => change({ ...format, quote })} />
      <label className="flex min-h-10 items-center gap-2 text-sm">
        <input
          type="checkbox"
          className="accent-accent"
          checked={format.hasHeader}
          onChange={(event) => change({ ...format, hasHeader: event.target.checked })}
        />
        First row has the names
      </label>
    </div>
  );
}

interface CharacterProps {
  label: string;
  value: string;
  set: (value: string) => void;
}

function Character({ label, value, set }: CharacterProps) {
  return (
    <Field label={label} problem={undefined}>
      {(control) => (
        <input
          {...control}
          maxLength={2}
          spellCheck={false}
          className="field w-20 font-mono"
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
}
