"use client";

import { useRef, useState, type FormEvent } from "react";
import { ImportView } from "../../protocol/import";
import { messageOf, postJson } from "../_live/api";
import { formatFrom } from "../_live/format-draft";
import { uploadFile } from "../_live/upload-file";
import { AddressField } from "./address-field";
import { ByteProgress } from "./byte-progress";
import { DatasetFields, EMPTY_DATASET, type DatasetDraft } from "./dataset-fields";
import { Notice } from "./notice";

interface Sending {
  sentBytes: number;
  bytes: number;
}

interface DatasetUploadProps {
  /** Whence the operator allows imports; null while that is not known. */
  hosts: readonly string[] | null;
  onUploaded: () => void;
  onImporting: () => void;
}

/** Puts a new version into a dataset: from a file of the visitor's, or from an address that the coordinator fetches. */
export function DatasetUpload({ hosts, onUploaded, onImporting }: DatasetUploadProps) {
  const [draft, setDraft] = useState<DatasetDraft>(EMPTY_DATASET);
  const [source, setSource] = useState<"disk" | "address">("disk");
  const isFetched = source === "address";
  const [url, setUrl] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [sending, setSending] = useState<Sending | null>(null);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const aborter = useRef<AbortController>(undefined);

  async function upload() {
    if (!file) return setProblem("Choose a file first.");
    aborter.current = new AbortController();
    const progress = (sentBytes: number) => setSending({ sentBytes, bytes: file.size });
    progress(0);
    try {
      const format = formatFrom(draft.format, "format");
      const terms = { dataset: draft.path, ...(format && { format }), gzip: file.name.endsWith(".gz") };
      const { latest } = await uploadFile(file, terms, progress, aborter.current.signal);
      setDone(`${latest.path} has version ${latest.version} now, with ${latest.records} records.`);
      onUploaded();
    } catch (error) {
      setProblem(aborter.current.signal.aborted ? "The upload was given up." : messageOf(error));
    }
    setSending(null);
  }

  async function importFrom() {
    setAsking(true);
    try {
      const body = { url: url.trim(), format: formatFrom(draft.format, "format") };
      const path = encodeURI(draft.path.trim());
      await postJson(ImportView, `/api/v1/datasets${path}/import`, body);
      onImporting();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setAsking(false);
  }

  /** An address may tell the format; a file on a disk does not. */
  function choose(chosen: "disk" | "address") {
    setSource(chosen);
    const [from, to] = chosen === "address" ? (["lines", "told"] as const) : (["told", "lines"] as const);
    setDraft(({ format, ...rest }) => ({
      ...rest,
      format: format.name === from ? { ...format, name: to } : format,
    }));
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    setDone(null);
    void (isFetched ? importFrom() : upload());
  }

  return (
    <form aria-label="Upload" noValidate onSubmit={submit} className="panel space-y-4 p-4 sm:p-5">
      <fieldset className="flex flex-wrap gap-x-6 gap-y-2 text-sm" disabled={sending !== null || asking}>
        <legend className="sr-only">Where the data is</legend>
        <Choice label="From my disk" checked={!isFetched} choose={() => choose("disk")} />
        <Choice label="From an address" checked={isFetched} choose={() => choose("address")} />
      </fieldset>
      <DatasetFields
        draft={draft}
        change={(changes) => setDraft((last) => ({ ...last, ...changes }))}
        isFetched={isFetched}
      />
      {isFetched ? (
        <AddressField url={url} change={setUrl} hosts={hosts} problem={undefined} />
      ) : (
        <FileField choose={setFile} />
      )}
      {sending && <ByteProgress label="Upload" bytes={sending.sentBytes} total={sending.bytes} />}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {done && (
        <p role="status" className="text-sm text-accent">
          {done}
        </p>
      )}
      <div className="flex gap-3">
        <button type="submit" className="button" disabled={sending !== null || asking}>
          {nameOf(source, sending !== null, asking)}
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

function nameOf(source: "disk" | "address", isSending: boolean, isAsking: boolean): string {
  if (source === "disk") return isSending ? "Uploading…" : "Upload";
  return isAsking ? "Asking the host…" : "Import";
}

function Choice({ label, checked, choose }: { label: string; checked: boolean; choose: () => void }) {
  return (
    <label className="flex items-center gap-2">
      <input type="radio" name="source" className="accent-accent" checked={checked} onChange={choose} />
      {label}
    </label>
  );
}

function FileField({ choose }: { choose: (file: File | null) => void }) {
  return (
    <label className="block text-sm">
      <span className="mb-1 block font-medium">File</span>
      <input
        type="file"
        className="block w-full text-sm text-soft file:mr-3 file:min-h-9 file:rounded-lg file:border file:border-line file:bg-card file:px-3 file:text-sm file:text-ink hover:file:bg-sunk"
        onChange={(event) => choose(event.target.files?.[0] ?? null)}
      />
      <span className="mt-1 block text-xs text-soft">A name that ends in .gz is unpacked on the way in.</span>
    </label>
  );
}
