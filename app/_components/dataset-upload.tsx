"use client";

import { useRef, useState, type FormEvent } from "react";
import type { DatasetFormatChoice } from "../../protocol/format";
import type * as z from "zod";
import { messageOf } from "../_live/api";
import { formatBytes, formatPercent } from "../_live/format";
import { uploadFile } from "../_live/upload-file";
import { Field } from "./field";
import { Notice } from "./notice";

const FORMATS = [
  { name: "lines", label: "Lines of text" },
  { name: "jsonl", label: "JSON Lines" },
  { name: "csv", label: "CSV with a header" },
  { name: "files", label: "Files of a tar archive" },
  { name: "bytes", label: "Binary records of one size" },
] as const;

type FormatName = (typeof FORMATS)[number]["name"];

interface Sending {
  sentBytes: number;
  bytes: number;
}

export function DatasetUpload({ onUploaded }: { onUploaded: () => void }) {
  const [path, setPath] = useState("");
  const [format, setFormat] = useState<FormatName>("lines");
  const [recordBytes, setRecordBytes] = useState("100");
  const [file, setFile] = useState<File | null>(null);
  const [sending, setSending] = useState<Sending | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const aborter = useRef<AbortController>(undefined);

  async function upload(event: FormEvent) {
    event.preventDefault();
    if (!file) return setProblem("Choose a file first.");
    aborter.current = new AbortController();
    setProblem(null);
    setDone(null);
    setSending({ sentBytes: 0, bytes: file.size });
    const terms = { dataset: path, format: formatOf(format, recordBytes), gzip: file.name.endsWith(".gz") };
    const progress = (sentBytes: number) => setSending({ sentBytes, bytes: file.size });
    try {
      const { latest } = await uploadFile(file, terms, progress, aborter.current.signal);
      setDone(`${latest.path} has version ${latest.version} now, with ${latest.records} records.`);
      onUploaded();
    } catch (error) {
      setProblem(aborter.current.signal.aborted ? "The upload was given up." : messageOf(error));
    }
    setSending(null);
  }

  return (
    <form
      aria-label="Upload"
      noValidate
      onSubmit={(event) => void upload(event)}
      className="panel space-y-4 p-4 sm:p-5"
    >
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="Path" hint="/user/name" problem={undefined}>
          {(control) => (
            <input
              {...control}
              className="field font-mono"
              placeholder="/ada/measurements"
              value={path}
              onChange={(event) => setPath(event.target.value)}
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
                if (chosen) setFormat(chosen.name);
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
                onChange={(event) => setRecordBytes(event.target.value)}
              />
            )}
          </Field>
        )}
      </div>
      <label className="block text-sm">
        <span className="mb-1 block font-medium">File</span>
        <input
          type="file"
          className="block w-full text-sm text-soft file:mr-3 file:min-h-9 file:rounded-lg file:border file:border-line file:bg-card file:px-3 file:text-sm file:text-ink hover:file:bg-sunk"
          onChange={(event) => setFile(event.target.files?.[0] ?? null)}
        />
        <span className="mt-1 block text-xs text-soft">
          A name that ends in .gz is unpacked on the way in.
        </span>
      </label>
      {sending && <Progress sending={sending} />}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {done && (
        <p role="status" className="text-sm text-accent">
          {done}
        </p>
      )}
      <div className="flex gap-3">
        <button type="submit" className="button" disabled={sending !== null}>
          {sending ? "Uploading…" : "Upload"}
        </button>
        {sending && (
          <button type="button" className="button button-quiet" onClick={() => aborter.current?.abort()}>
            Give up
          </button>
        )}
      </div>
    </form>
  );
}

function Progress({ sending: { sentBytes, bytes } }: { sending: Sending }) {
  return (
    <div className="space-y-1">
      <progress
        aria-label="Upload"
        className="h-2 w-full accent-accent"
        value={sentBytes}
        max={Math.max(1, bytes)}
      />
      <p className="text-sm text-soft tabular-nums">
        {formatBytes(sentBytes)} of {formatBytes(bytes)}, {formatPercent(bytes === 0 ? 1 : sentBytes / bytes)}
      </p>
    </div>
  );
}

function formatOf(name: FormatName, recordBytes: string): z.input<typeof DatasetFormatChoice> {
  return name === "bytes" ? { type: "bytes", recordBytes: Number(recordBytes) } : name;
}
