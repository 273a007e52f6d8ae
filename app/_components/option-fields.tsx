import { OnError, ResultOrder } from "../../protocol/job";
import { sizeOptionOf, type JobDraft } from "../_live/job-draft";
import { Field } from "./field";
import type { DraftFieldsProps } from "./input-fields";
import { MoreOptions } from "./more-options";

interface NumberOption {
  label: string;
  hint: string;
  key: "quorum" | "maxErrorRate" | "reducers" | "chunkBytes" | "chunkSize" | "priority" | "weight";
}

const optionsOf = (draft: JobDraft): readonly NumberOption[] => [
  {
    label: "Quorum",
    hint: "Different volunteers that must agree. With 1 nothing is validated.",
    key: "quorum",
  },
  {
    label: "Error bound",
    hint: "Share of wrong outputs, like 0.0001: then as few copies as that takes. Empty: the quorum.",
    key: "maxErrorRate",
  },
  { label: "Reducers", hint: "Reduce tasks, if the program exports reduce.", key: "reducers" },
  ...sizeOf(draft),
  {
    label: "Priority",
    hint: "-10 to 10. Each step doubles the share of the computing time.",
    key: "priority",
  },
  { label: "Weight", hint: "1 to 100, beside jobs of the same priority.", key: "weight" },
];

function sizeOf({ inputKind }: JobDraft): readonly NumberOption[] {
  switch (sizeOptionOf(inputKind)) {
    case null:
      return [];
    case "chunkBytes":
      return [
        { label: "Bytes in a task", hint: "A task ends at the first line end after it.", key: "chunkBytes" },
      ];
    case "chunkSize":
      return [{ label: "Records in a task", hint: "Aim for a task of a second or so.", key: "chunkSize" }];
  }
}

export function OptionFields({ draft, change, problemOf }: DraftFieldsProps) {
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-3">
        {optionsOf(draft).map(({ label, hint, key }) => (
          <Field key={key} label={label} hint={hint} problem={problemOf(`options.${key}`)}>
            {(control) => (
              <input
                {...control}
                inputMode={key === "maxErrorRate" ? "decimal" : "numeric"}
                className="field tabular-nums"
                value={draft[key]}
                onChange={(event) => change({ [key]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <Field
          label="Order of the result"
          hint="If the program exports reduce."
          problem={problemOf("options.order")}
        >
          {(control) => (
            <select
              {...control}
              className="field"
              value={draft.order}
              onChange={(event) => change({ order: ResultOrder.parse(event.target.value) })}
            >
              <option value="hash">By key within each reducer</option>
              <option value="total">By key over all reducers</option>
            </select>
          )}
        </Field>
        <Field
          label="When a task fails"
          hint="After enough volunteers saw the error."
          problem={problemOf("options.onError")}
        >
          {(control) => (
            <select
              {...control}
              className="field"
              value={draft.onError}
              onChange={(event) => change({ onError: OnError.parse(event.target.value) })}
            >
              <option value="fail">The job fails</option>
              <option value="skip">Go on without it</option>
              <option value="collect">Go on, and keep its error</option>
            </select>
          )}
        </Field>
      </div>
      <Field
        label="Required tags"
        hint="Only volunteers that have all of them get its tasks. May be empty."
        problem={problemOf("options.requires")}
      >
        {(control) => (
          <input
            {...control}
            className="field"
            placeholder="lab, gpu"
            value={draft.tags}
            onChange={(event) => change({ tags: event.target.value })}
          />
        )}
      </Field>
      <MoreOptions more={draft.more} onChange={(more) => change({ more })} problemOf={problemOf} />
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
