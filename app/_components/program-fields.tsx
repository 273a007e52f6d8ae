"use client";

import dynamic from "next/dynamic";
import type { FormProblem } from "../_live/form-problem";
import { withRuntime, type ProgramDraft, type RuntimeName } from "../_live/program-draft";
import { Field } from "./field";
import { Notice } from "./notice";
import { ScriptFields } from "./script-fields";
import { WasmFields } from "./wasm-fields";

/** The editor is large, and measures the page: it is loaded in the browser only. */
const ProgramEditor = dynamic(async () => (await import("./program-editor")).ProgramEditor, {
  ssr: false,
  loading: () => <div className="panel h-80 p-4 text-sm text-soft">Loading the editor…</div>,
});

export interface ProgramFieldsProps {
  program: ProgramDraft;
  onChange: (program: ProgramDraft) => void;
  problem: FormProblem["program"];
}

const RUNTIMES: readonly { name: RuntimeName; label: string; hint: string }[] = [
  {
    name: "js",
    label: "JavaScript",
    hint: "An ES module that exports map, and if you like combine and reduce, or aggregate.",
  },
  { name: "ts", label: "TypeScript", hint: "The same as JavaScript; errors name your own lines." },
  {
    name: "python",
    label: "Python",
    hint: "Functions map(record, context), combine and reduce, or aggregate.",
  },
  { name: "streaming", label: "Hadoop Streaming", hint: "Scripts that read lines and write lines." },
  { name: "wasm", label: "WebAssembly", hint: "A module that exports memory, alloc and map." },
  {
    name: "wasi",
    label: "WASI command",
    hint: "A program compiled for WASI preview 1: lines in, lines out.",
  },
  { name: "pando", label: "Pando module", hint: "A CommonJS module that exports '/pando/1.0.0'." },
];

export function ProgramFields({ program, onChange, problem }: ProgramFieldsProps) {
  const { runtime } = program;
  return (
    <div className="space-y-3">
      <Field
        label="Written in"
        hint={RUNTIMES.find(({ name }) => name === runtime)?.hint ?? ""}
        problem={undefined}
      >
        {(control) => (
          <select
            {...control}
            className="field"
            value={runtime}
            onChange={(event) => {
              const chosen = RUNTIMES.find(({ name }) => name === event.target.value);
              if (chosen) onChange(withRuntime(program, chosen.name));
            }}
          >
            {RUNTIMES.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <RuntimeFields program={program} onChange={onChange} problem={problem} />
    </div>
  );
}

function RuntimeFields({ program, onChange, problem }: ProgramFieldsProps) {
  const { runtime } = program;
  if (runtime === "streaming" || runtime === "wasm" || runtime === "wasi") {
    const Fields = runtime === "streaming" ? ScriptFields : WasmFields;
    return (
      <>
        <Fields program={program} onChange={onChange} />
        {problem && (
          <div data-testid="program-problem">
            <Notice tone="bad">
              {problem.line !== null && `Line ${problem.line}, column ${problem.column ?? 1}: `}
              {problem.message}
            </Notice>
          </div>
        )}
      </>
    );
  }
  return (
    <div>
      <p className="mb-1 text-sm font-medium">Program</p>
      <ProgramEditor
        label="Program"
        language={runtime === "pando" ? "js" : runtime}
        source={program.source}
        onChange={(source) => onChange({ ...program, source })}
        problem={problem}
      />
    </div>
  );
}
