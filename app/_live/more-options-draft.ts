/** The options of a job that few need, as they are being written in the form. Empty is what an option is by default. */
import { Compare } from "../../protocol/compare";
import { WasmFeature, type Engine } from "../../protocol/device";
import { DraftError } from "./draft-error";
import type { JobRequest } from "./samples";
import { jsonFrom, numberFrom, wordsFrom } from "./typed-values";

type Options = NonNullable<JobRequest["options"]>;

const LIMITS_OF_A_JOB = ["taskTimeoutMs", "maxErrors", "maxCopies", "maxVolunteers", "maxInFlight"] as const;
const LEAST_DEVICE = ["slots", "memoryGb"] as const;

export type NumberOption = (typeof LIMITS_OF_A_JOB)[number] | (typeof LEAST_DEVICE)[number];

export type MoreOptionsDraft = Record<NumberOption, string> & {
  /** JSON; empty for equal bytes. */
  compare: string;
  sameEngine: boolean;
  /** Whether the job is only marked, and not run again, when what it reads is corrected. */
  isOnlyMarked: boolean;
  engine: Exclude<Engine, "other"> | "";
  /** Names with commas or spaces between. */
  wasm: string;
};

export const NO_MORE_OPTIONS: MoreOptionsDraft = {
  compare: "",
  sameEngine: false,
  isOnlyMarked: false,
  taskTimeoutMs: "",
  maxErrors: "",
  maxCopies: "",
  maxVolunteers: "",
  maxInFlight: "",
  slots: "",
  memoryGb: "",
  engine: "",
  wasm: "",
};

/** @throws {DraftError} For the first field that cannot be sent. */
export function moreOptionsFrom(draft: MoreOptionsDraft): Options {
  return {
    ...(draft.compare.trim() !== "" && { compare: compareFrom(draft.compare) }),
    ...(draft.sameEngine && { sameEngine: true }),
    ...(draft.isOnlyMarked && { onCorrection: "mark" }),
    ...numbersFrom(draft, LIMITS_OF_A_JOB, "options"),
  };
}

/** @throws {DraftError} As above. */
export function requirementsFrom(tags: string, draft: MoreOptionsDraft): Pick<Options, "requires"> {
  const { engine } = draft;
  const requires = {
    ...(tags.trim() !== "" && { tags: wordsFrom(tags) }),
    ...numbersFrom(draft, LEAST_DEVICE, "options.requires"),
    ...(engine !== "" && { engine }),
    ...(draft.wasm.trim() !== "" && { wasm: wordsFrom(draft.wasm).map(wasmFeatureFrom) }),
  };
  return Object.keys(requires).length > 0 ? { requires } : {};
}

export function moreOptionsDraftFrom(options: Options): MoreOptionsDraft {
  const { compare, sameEngine, onCorrection, requires } = options;
  const numbers: Partial<Record<NumberOption, number | null | undefined>> = { ...options, ...requires };
  const draft: MoreOptionsDraft = {
    ...NO_MORE_OPTIONS,
    compare: typeof compare === "object" ? JSON.stringify(compare) : "",
    sameEngine: sameEngine === true,
    isOnlyMarked: onCorrection === "mark",
    engine: requires?.engine ?? "",
    wasm: requires?.wasm?.join(", ") ?? "",
  };
  for (const key of [...LIMITS_OF_A_JOB, ...LEAST_DEVICE]) draft[key] = String(numbers[key] ?? "");
  return draft;
}

export function hasMoreOptions(draft: MoreOptionsDraft): boolean {
  return Object.values(draft).some((value) => value !== "" && value !== false);
}

function numbersFrom<K extends NumberOption>(
  draft: MoreOptionsDraft,
  keys: readonly K[],
  place: string,
): Partial<Record<K, number>> {
  const numbers: Partial<Record<K, number>> = {};
  for (const key of keys)
    if (draft[key].trim() !== "") numbers[key] = numberFrom(`${place}.${key}`, draft[key]);
  return numbers;
}

function compareFrom(typed: string): NonNullable<Options["compare"]> {
  const rule = typed.trim() === "exact" ? "exact" : jsonFrom("options.compare", typed);
  const { data, error } = Compare.safeParse(rule);
  if (data) return data;
  throw new DraftError("options.compare", error.issues.map(({ message }) => message).join("; "));
}

function wasmFeatureFrom(word: string): WasmFeature {
  const { data } = WasmFeature.safeParse(word);
  if (data) return data;
  throw new DraftError("options.requires.wasm", `must be some of ${WasmFeature.options.join(", ")}`);
}
