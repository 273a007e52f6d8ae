import { EMPTY_FORMAT, type FormatDraft } from "../_live/format-draft";
import { Field } from "./field";
import { FormatFields } from "./format-fields";

/** Where a new version goes and how its bytes become records, as typed. */
export interface DatasetDraft {
  path: string;
  format: FormatDraft;
}

export const EMPTY_DATASET: DatasetDraft = { path: "", format: EMPTY_FORMAT };

interface DatasetFieldsProps {
  draft: DatasetDraft;
  change: (changes: Partial<DatasetDraft>) => void;
  /** Whether its bytes come from an address, which may tell the format. */
  isFetched: boolean;
}

export function DatasetFields({ draft: { path, format }, change, isFetched }: DatasetFieldsProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-3 sm:items-start">
      <Field label="Path" hint="/user/name" problem={undefined}>
        {(control) => (
          <input
            {...control}
            className="field font-mono"
            placeholder="/ada/measurements"
            value={path}
            onChange={(event) => change({ path: event.target.value })}
          />
        )}
      </Field>
      <FormatFields format={format} change={(chosen) => change({ format: chosen })} canBeTold={isFetched} />
    </div>
  );
}
