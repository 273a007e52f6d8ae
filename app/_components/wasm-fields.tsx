"use client";

import { formatBytes } from "../_live/format";
import { base64Of } from "../_live/program-draft";
import { Field } from "./field";
import type { ProgramFieldsProps } from "./program-fields";

const STAGES = [
  { stage: "map", label: "Arguments to map" },
  { stage: "combine", label: "Arguments to combine" },
  { stage: "reduce", label: "Arguments to reduce" },
] as const;

/** A compiled module, and for a command what it is called with. */
export function WasmFields({ program, onChange }: Omit<ProgramFieldsProps, "problem">) {
  const { runtime, wasm, wasmName } = program;

  async function take(file: File | undefined) {
    if (file) onChange({ ...program, wasm: await base64Of(file), wasmName: file.name });
  }
  return (
    <div className="space-y-3">
      <Field
        label="Module"
        hint={wasm === "" ? "A .wasm file." : `${wasmName}, ${formatBytes(Math.floor(wasm.length * 0.75))}`}
        problem={undefined}
      >
        {(control) => (
          <input
            {...control}
            type="file"
            accept=".wasm,application/wasm"
            className="block w-full text-sm text-soft file:mr-3 file:min-h-9 file:rounded-lg file:border file:border-line file:bg-card file:px-3 file:text-sm file:text-ink hover:file:bg-sunk"
            onChange={(event) => void take(event.target.files?.[0])}
          />
        )}
      </Field>
      {runtime === "wasi" &&
        STAGES.map(({ stage, label }) => (
          <Field key={stage} label={label} hint={hintOf(stage)} problem={undefined}>
            {(control) => (
              <input
                {...control}
                className="field font-mono"
                value={program.arguments[stage] ?? ""}
                onChange={(event) =>
                  onChange({
                    ...program,
                    arguments: { ...program.arguments, [stage]: argumentsOf(stage, event.target.value) },
                  })
                }
              />
            )}
          </Field>
        ))}
    </div>
  );
}

/** Every command maps; it combines and reduces only when it is told how to. */
const argumentsOf = (stage: string, typed: string) => (stage !== "map" && typed.trim() === "" ? null : typed);

const hintOf = (stage: string) => (stage === "map" ? "Words with spaces between." : "Empty: it does not.");
