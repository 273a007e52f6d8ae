import { useState } from "react";
import { WasmFeature, type Engine } from "../../protocol/device";
import { LIMITS } from "../../protocol/limits";
import { hasMoreOptions, type MoreOptionsDraft, type NumberOption } from "../_live/more-options-draft";
import { Field } from "./field";

interface MoreOptionsProps {
  more: MoreOptionsDraft;
  onChange: (more: MoreOptionsDraft) => void;
  problemOf: (field: string) => string | undefined;
}

interface TextOption {
  label: string;
  hint: string;
  key: Exclude<keyof MoreOptionsDraft, "sameEngine" | "isOnlyMarked" | "engine">;
  /** Its place in a submission. */
  place: string;
  /** What it is when it is left empty. */
  empty: string;
}

const number = (key: NumberOption, label: string, empty: string, hint: string): TextOption => ({
  ...{ key, label, empty, hint },
  place: key === "slots" || key === "memoryGb" ? `options.requires.${key}` : `options.${key}`,
});

const NUMBERS: readonly TextOption[] = [
  number(
    "taskTimeoutMs",
    "Time of a task",
    String(LIMITS.taskTimeoutMs),
    "Milliseconds that one may run in a tab.",
  ),
  number("maxErrors", "Errors of a task", "3", "Copies that may fail before it is given up."),
  number("maxCopies", "Answers to a task", "10", "That may disagree before it is given up."),
  number("maxVolunteers", "Volunteers at once", "any number", "That work on the job."),
  number("maxInFlight", "Copies at once", "any number", "That are with volunteers."),
  number("slots", "Least slots", "any number", "Of a volunteer."),
  number("memoryGb", "Least memory", "any", "GB at least. Browsers tell 8 at most, and some nothing."),
];

const COMPARE: TextOption = {
  key: "compare",
  label: "Compare",
  hint: 'How much outputs may differ, as JSON, like { "relative": 1e-9 }.',
  place: "options.compare",
  empty: "equal bytes",
};

const WASM: TextOption = {
  key: "wasm",
  label: "WebAssembly features",
  hint: `Of ${WasmFeature.options.join(", ")}.`,
  place: "options.requires.wasm",
  empty: "none",
};

const ENGINES: Record<Exclude<Engine, "other">, string> = {
  v8: "V8 (Chrome, Edge)",
  spidermonkey: "SpiderMonkey (Firefox)",
  javascriptcore: "JavaScriptCore (Safari)",
};

/** What few jobs need, folded away. Open when something in it is set, or was refused. */
export function MoreOptions({ more, onChange, problemOf }: MoreOptionsProps) {
  const { engine, sameEngine, isOnlyMarked } = more;
  const places = [...NUMBERS, COMPARE, WASM].map(({ place }) => place);
  const isRefused = [...places, "options.requires.engine"].some((place) => problemOf(place) !== undefined);
  /** Null until it was opened or folded. */
  const [choice, setChoice] = useState<boolean | null>(null);

  const textField = ({ key, label, hint, place, empty }: TextOption) => (
    <Field key={key} label={label} hint={hint} problem={problemOf(place)}>
      {(control) => (
        <input
          {...control}
          className="field tabular-nums"
          placeholder={empty}
          value={more[key]}
          onChange={(event) => onChange({ ...more, [key]: event.target.value })}
        />
      )}
    </Field>
  );

  return (
    <details
      open={isRefused || (choice ?? hasMoreOptions(more))}
      onToggle={(event) => setChoice(event.currentTarget.open)}
    >
      <summary className="w-fit text-sm font-medium">More options</summary>
      <div className="mt-3 space-y-4">
        {textField(COMPARE)}
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="accent-accent"
            checked={sameEngine}
            onChange={(event) => onChange({ ...more, sameEngine: event.target.checked })}
          />
          Compare only copies of engines that compute alike
        </label>
        <label className="flex items-start gap-2 text-sm">
          <input
            type="checkbox"
            className="mt-0.5 accent-accent"
            checked={isOnlyMarked}
            onChange={(event) => onChange({ ...more, isOnlyMarked: event.target.checked })}
          />
          Only mark this job, and do not run it again, when a result that it reads is corrected
        </label>
        <div className="grid gap-3 sm:grid-cols-3">
          {NUMBERS.map(textField)}
          <Field label="Engine" hint="Only browsers with it." problem={problemOf("options.requires.engine")}>
            {(control) => (
              <select
                {...control}
                className="field"
                value={engine}
                onChange={({ target: { value } }) =>
                  onChange({ ...more, engine: isEngine(value) ? value : "" })
                }
              >
                <option value="">any</option>
                {Object.entries(ENGINES).map(([name, label]) => (
                  <option key={name} value={name}>
                    {label}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {textField(WASM)}
      </div>
    </details>
  );
}

const isEngine = (value: string): value is keyof typeof ENGINES => value in ENGINES;
