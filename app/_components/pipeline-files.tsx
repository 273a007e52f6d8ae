"use client";

import { X } from "lucide-react";
import dynamic from "next/dynamic";
import { formatBytes } from "../_live/format";
import type { FormProblem } from "../_live/form-problem";
import { filesNamedIn, type DraftFile, type PipelineDraft } from "../_live/pipeline-draft";
import type { EditorLanguage } from "./program-editor";

const ProgramEditor = dynamic(async () => (await import("./program-editor")).ProgramEditor, { ssr: false });

interface PipelineFilesProps {
  draft: PipelineDraft;
  onChange: (draft: PipelineDraft) => void;
  problemIn: (file: string) => FormProblem["program"];
}

/** The files that a pipeline's steps name. Programs can be changed here; texts are shown by their size. */
export function PipelineFiles({ draft, onChange, problemIn }: PipelineFilesProps) {
  const { files, json } = draft;
  const missing = filesNamedIn(json).filter((name) => !files.some((file) => file.name === name));

  async function add(chosen: FileList | null) {
    const read = await Promise.all(
      [...(chosen ?? [])].map(async (file) => ({ name: file.name, text: await file.text() })),
    );
    const kept = files.filter(({ name }) => !read.some((file) => file.name === name));
    onChange({ ...draft, files: [...kept, ...read] });
  }
  const change = (name: string, text: string) =>
    onChange({ ...draft, files: files.map((file) => (file.name === name ? { name, text } : file)) });
  const remove = (name: string) => onChange({ ...draft, files: files.filter((file) => file.name !== name) });

  return (
    <fieldset className="min-w-0 space-y-3">
      <legend className="text-sm font-medium">Files beside it</legend>
      <p className="text-xs text-soft">
        Named in a step as <code>{`"program": {"file": "rank.js"}`}</code> or{" "}
        <code>{`"input": {"file": "points.csv", "format": "csv"}`}</code>.
      </p>
      {files.map((file) => (
        <FileRow
          key={file.name}
          file={file}
          problem={problemIn(file.name)}
          onChange={(text) => change(file.name, text)}
          onRemove={() => remove(file.name)}
        />
      ))}
      {missing.length > 0 && <p className="text-sm text-warn">Still to be added: {missing.join(", ")}</p>}
      <label className="block text-sm">
        <span className="sr-only">Add files</span>
        <input
          type="file"
          multiple
          className="block w-full text-sm text-soft file:mr-3 file:min-h-9 file:rounded-lg file:border file:border-line file:bg-card file:px-3 file:text-sm file:text-ink hover:file:bg-sunk"
          onChange={(event) => void add(event.target.files)}
        />
      </label>
    </fieldset>
  );
}

interface FileRowProps {
  file: DraftFile;
  problem: FormProblem["program"];
  onChange: (text: string) => void;
  onRemove: () => void;
}

const LANGUAGES: Readonly<Record<string, EditorLanguage>> = { js: "js", mjs: "js", ts: "ts", py: "python" };

function FileRow({ file: { name, text }, problem, onChange, onRemove }: FileRowProps) {
  const language = LANGUAGES[name.split(".").at(-1)?.toLowerCase() ?? ""];
  return (
    <div data-testid="pipeline-file">
      <p className="panel flex items-center gap-2 px-3 py-2 text-sm">
        <span className="min-w-0 flex-1 truncate font-mono">{name}</span>
        <span className="shrink-0 text-soft">{formatBytes(new Blob([text]).size)}</span>
        <button
          type="button"
          aria-label={`Remove ${name}`}
          className="rounded-md p-1 hover:bg-sunk"
          onClick={onRemove}
        >
          <X className="size-4" aria-hidden="true" />
        </button>
      </p>
      {language && (
        <div className="mt-2">
          <ProgramEditor
            label={name}
            language={language}
            source={text}
            onChange={onChange}
            problem={problem}
          />
        </div>
      )}
    </div>
  );
}
