import type { JobDraft } from "../_live/job-draft";
import { Field } from "./field";
import type { DraftFieldsProps } from "./input-fields";

interface NumberOption {
  label: string;
  hint: string;
  key: "quorum" | "reducers" | "chunkBytes" | "chunkSize";
}

const optionsOf = (draft: JobDraft): readonly NumberOption[] => [
  {
    label: "Quorum",
    hint: "Different volunteers that must agree. With 1 nothing is validated.",
    key: "quorum",
  },
  { label: "Reducers", hint: "Reduce tasks, if the program exports reduce.", key: "reducers" },
  draft.inputKind === "text"
    ? { label: "Bytes in a task", hint: "A task ends at the first line end after it.", key: "chunkBytes" }
    : { label: "Records in a task", hint: "Aim for a task of a second or so.", key: "chunkSize" },
];

export function OptionFields({ draft, change, problemOf }: DraftFieldsProps) {
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-3">
        {optionsOf(draft).map(({ label, hint, key }) => (
          <Field key={key} label={label} hint={hint} problem={problemOf(`options.${key}`)}>
            {(control) => (
              <input
                {...control}
                inputMode="numeric"
                className="field tabular-nums"
                value={draft[key]}
                onChange={(event) => change({ [key]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
      <Field
        label="Config"
        hint="JSON, handed to the program as context.config. May be empty."
        problem={problemOf("config")}
      >
        {(control) => (
          <textarea
            {...control}
            rows={3}
            spellCheck={false}
            className="field font-mono"
            placeholder='{ "stopWords": ["the"] }'
            value={draft.config}
            onChange={(event) => change({ config: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
