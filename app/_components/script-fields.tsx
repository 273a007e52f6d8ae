"use client";

import dynamic from "next/dynamic";
import type { ScriptDraft, ScriptRole } from "../_live/program-draft";
import { Field } from "./field";
import type { ProgramFieldsProps } from "./program-fields";

const ProgramEditor = dynamic(async () => (await import("./program-editor")).ProgramEditor, {
  ssr: false,
  loading: () => <div className="panel h-40 p-4 text-sm text-soft">Loading the editor…</div>,
});

const ROLES: readonly { role: ScriptRole; label: string }[] = [
  { role: "mapper", label: "Mapper" },
  { role: "combiner", label: "Combiner (optional)" },
  { role: "reducer", label: "Reducer (optional)" },
];

/** The scripts of a Hadoop Streaming job, and its properties. */
export function ScriptFields({ program, onChange }: Omit<ProgramFieldsProps, "problem">) {
  const { scripts, properties } = program;
  const change = (role: ScriptRole, part: Partial<ScriptDraft>) =>
    onChange({ ...program, scripts: { ...scripts, [role]: { ...scripts[role], ...part } } });
  return (
    <div className="space-y-4">
      {ROLES.map(({ role, label }) => (
        <div key={role}>
          <div className="mb-1 flex items-center justify-between gap-3">
            <p className="text-sm font-medium">{label}</p>
            <select
              aria-label={`Language of the ${role}`}
              className="field w-auto"
              value={scripts[role].language}
              onChange={(event) => change(role, { language: event.target.value === "js" ? "js" : "python" })}
            >
              <option value="python">Python</option>
              <option value="js">JavaScript</option>
            </select>
          </div>
          <ProgramEditor
            label={label}
            language={scripts[role].language}
            source={scripts[role].source}
            onChange={(source) => change(role, { source })}
            problem={null}
          />
        </div>
      ))}
      <Field
        label="Properties"
        hint="What Hadoop is given with -D: one name=value a line."
        problem={undefined}
      >
        {(control) => (
          <textarea
            {...control}
            rows={3}
            spellCheck={false}
            className="field font-mono"
            placeholder="stream.num.map.output.key.fields=2"
            value={properties}
            onChange={(event) => onChange({ ...program, properties: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}
