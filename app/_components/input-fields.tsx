"use client";

import { X } from "lucide-react";
import { useMemo } from "react";
import { formatBytes } from "../_live/format";
import type { InputKind, JobDraft } from "../_live/job-draft";
import { Field } from "./field";
import { UrlFields } from "./url-fields";

export interface DraftFieldsProps {
  draft: JobDraft;
  change: (part: Partial<JobDraft>) => void;
  problemOf: (field: string) => string | undefined;
}

const KINDS: readonly { kind: InputKind; label: string }[] = [
  { kind: "text", label: "Text: every line is a record" },
  { kind: "items", label: "Items: a JSON list" },
  { kind: "range", label: "Range of numbers" },
  { kind: "sweep", label: "Sweep: every combination of values" },
  { kind: "dataset", label: "Dataset" },
  { kind: "result", label: "Result of a job" },
  { kind: "url", label: "Address that the coordinator fetches" },
];

export function InputFields({ draft, change, problemOf }: DraftFieldsProps) {
  return (
    <div className="space-y-3">
      <Field label="Input" problem={problemOf("input")}>
        {(control) => (
          <select
            {...control}
            className="field"
            value={draft.inputKind}
            onChange={(event) => {
              const chosen = KINDS.find(({ kind }) => kind === event.target.value);
              if (chosen) change({ inputKind: chosen.kind });
            }}
          >
            {KINDS.map(({ kind, label }) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {draft.inputKind === "text" && <TextField draft={draft} change={change} problemOf={problemOf} />}
      {draft.inputKind === "items" && (
        <JsonField
          label="Items"
          hint="One record each."
          problem={problemOf("input.items")}
          value={draft.items}
          change={(items) => change({ items })}
        />
      )}
      {draft.inputKind === "sweep" && (
        <JsonField
          label="Values by name"
          hint="A list, or numbers from start up to end, not including, by step. The last name varies fastest; a record is an object with one value for each."
          problem={problemOf("input.sweep")}
          value={draft.sweep}
          change={(sweep) => change({ sweep })}
        />
      )}
      {draft.inputKind === "result" && (
        <LineField
          label="Job whose result is read"
          hint="A completed one. Every record is an object with key and value."
          problem={problemOf("input.result")}
          placeholder="job_0123456789abcdef"
          value={draft.result}
          change={(result) => change({ result })}
        />
      )}
      {draft.inputKind === "dataset" && (
        <LineField
          label="Path of the dataset"
          hint="Its latest version, read as it was uploaded."
          problem={problemOf("input.dataset")}
          placeholder="/ada/measurements"
          value={draft.dataset}
          change={(dataset) => change({ dataset })}
        />
      )}
      {draft.inputKind === "url" && <UrlFields draft={draft} change={change} problemOf={problemOf} />}
      {(draft.inputKind === "dataset" || draft.inputKind === "url") && (
        <LineField
          label="Columns"
          hint="Of Parquet, with commas between; all when empty."
          problem={problemOf("input.columns")}
          placeholder="station, celsius"
          value={draft.columns}
          change={(columns) => change({ columns })}
        />
      )}
      {draft.inputKind === "range" && <RangeFields draft={draft} change={change} problemOf={problemOf} />}
    </div>
  );
}

interface OneFieldProps {
  label: string;
  hint: string;
  problem: string | undefined;
  value: string;
  change: (value: string) => void;
}

function LineField({ placeholder, value, change, ...about }: OneFieldProps & { placeholder: string }) {
  return (
    <Field {...about}>
      {(control) => (
        <input
          {...control}
          className="field font-mono"
          placeholder={placeholder}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

function JsonField({ label, hint, problem, value, change }: OneFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(control) => (
        <textarea
          {...control}
          rows={5}
          spellCheck={false}
          className="field font-mono"
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

function TextField({ draft, change, problemOf }: DraftFieldsProps) {
  // In UTF-8, as it is sent and cut into tasks; the text's length would count characters.
  const byteCount = useMemo(() => new Blob([draft.text]).size, [draft.text]);

  async function take(file: File | undefined) {
    if (file) change({ text: await file.text(), fileName: file.name });
  }
  if (draft.fileName !== null) {
    return (
      <p className="panel flex items-center gap-2 px-3 py-2 text-sm">
        <span className="min-w-0 flex-1 truncate">{draft.fileName}</span>
        <span className="text-soft">{formatBytes(byteCount)}</span>
        <button
          type="button"
          aria-label={`Remove ${draft.fileName}`}
          className="rounded-md p-1 hover:bg-sunk"
          onClick={() => change({ text: "", fileName: null })}
        >
          <X className="size-4" aria-hidden="true" />
        </button>
      </p>
    );
  }
  return (
    <>
      <Field label="Text" problem={problemOf("input.text")}>
        {(control) => (
          <textarea
            {...control}
            rows={5}
            spellCheck={false}
            className="field font-mono"
            value={draft.text}
            onChange={(event) => change({ text: event.target.value })}
          />
        )}
      </Field>
      <label className="block text-sm">
        <span className="sr-only">Or take the text from a file</span>
        <input
          type="file"
          className="block w-full text-sm text-soft file:mr-3 file:min-h-9 file:rounded-lg file:border file:border-line file:bg-card file:px-3 file:text-sm file:text-ink hover:file:bg-sunk"
          onChange={(event) => void take(event.target.files?.[0])}
        />
      </label>
    </>
  );
}

const RANGE = [
  { label: "From", key: "rangeStart", field: "input.range.start" },
  { label: "Up to, not including", key: "rangeEnd", field: "input.range.end" },
  { label: "Step", key: "rangeStep", field: "input.range.step" },
] as const;

function RangeFields({ draft, change, problemOf }: DraftFieldsProps) {
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:items-end">
      {RANGE.map(({ label, key, field }) => (
        <Field key={key} label={label} problem={problemOf(field)}>
          {(control) => (
            <input
              {...control}
              inputMode="decimal"
              className="field tabular-nums"
              value={draft[key]}
              onChange={(event) => change({ [key]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
