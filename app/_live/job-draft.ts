/**
 * A job as it is being written in the form: text as it was typed, and how it becomes a submission.
 *
 * What is wrong with a submission is the server's to say; here only text that is no JSON or no number is
 * refused, because it cannot be sent.
 */
import * as z from "zod";
import { JobId } from "../../protocol/ids";
import { SweepInput, type OnError, type ResultOrder } from "../../protocol/job";
import { DraftError } from "./draft-error";
import { EMPTY_FORMAT, formatDraftFrom, formatFrom, type FormatDraft } from "./format-draft";
import { EMPTY_PROGRAM, programDraftFrom, programFrom, type ProgramDraft } from "./program-draft";
import {
  moreOptionsDraftFrom,
  moreOptionsFrom,
  NO_MORE_OPTIONS,
  requirementsFrom,
  type MoreOptionsDraft,
} from "./more-options-draft";
import type { JobRequest } from "./samples";
import { jsonFrom, numberFrom } from "./typed-values";

export interface JobDraft {
  name: string;
  /** Empty for everybody. */
  submitter: string;
  program: ProgramDraft;
  inputKind: InputKind;
  text: string;
  /** Of the file that `text` came from; such text is not shown in a field. */
  fileName: string | null;
  items: string;
  dataset: string;
  url: string;
  urlFormat: FormatDraft;
  /** Names with commas between; empty for all. */
  columns: string;
  /** The id of a completed job. */
  result: string;
  /** JSON. */
  sweep: string;
  rangeStart: string;
  rangeEnd: string;
  rangeStep: string;
  quorum: string;
  /** Empty for a fixed quorum. */
  maxErrorRate: string;
  reducers: string;
  order: ResultOrder;
  chunkBytes: string;
  chunkSize: string;
  onError: OnError;
  priority: string;
  weight: string;
  /** Words with commas or spaces between. */
  tags: string;
  more: MoreOptionsDraft;
  config: string;
}

export type InputKind = "text" | "items" | "range" | "sweep" | "dataset" | "result" | "url";

export const EMPTY_DRAFT: JobDraft = {
  name: "",
  submitter: "",
  program: EMPTY_PROGRAM,
  inputKind: "text",
  text: "every line\nis one record\n",
  fileName: null,
  items: "[1, 2, 3]",
  dataset: "",
  url: "",
  urlFormat: { ...EMPTY_FORMAT, name: "told" },
  columns: "",
  result: "",
  sweep: '{\n  "rate": ["low", "high"],\n  "depth": { "start": 1, "end": 4 }\n}',
  rangeStart: "0",
  rangeEnd: "1000",
  rangeStep: "1",
  quorum: "2",
  maxErrorRate: "",
  reducers: "4",
  order: "hash",
  chunkBytes: "262144",
  chunkSize: "1",
  onError: "fail",
  priority: "0",
  weight: "1",
  tags: "",
  more: NO_MORE_OPTIONS,
  config: "",
};

/** @throws {DraftError} For the first field that cannot be sent. */
export function requestFrom(draft: JobDraft): JobRequest {
  return {
    ...(draft.name.trim() !== "" && { name: draft.name }),
    ...(draft.submitter.trim() !== "" && { submitter: draft.submitter.trim() }),
    program: programFrom(draft.program),
    input: inputFrom(draft),
    options: {
      quorum: numberFrom("options.quorum", draft.quorum),
      ...(draft.maxErrorRate.trim() !== "" && {
        maxErrorRate: numberFrom("options.maxErrorRate", draft.maxErrorRate),
      }),
      reducers: numberFrom("options.reducers", draft.reducers),
      order: draft.order,
      onError: draft.onError,
      priority: numberFrom("options.priority", draft.priority),
      weight: numberFrom("options.weight", draft.weight),
      ...requirementsFrom(draft.tags, draft.more),
      ...moreOptionsFrom(draft.more),
      ...sizeFrom(draft),
    },
    config: draft.config.trim() === "" ? null : jsonFrom("config", draft.config),
  };
}

/** The form filled with a sample, to be changed before it is submitted. */
export function draftFrom(
  { name, submitter, program, input, options, config }: JobRequest,
  fileName: string | null,
): JobDraft {
  const {
    quorum,
    reducers,
    order,
    chunkBytes,
    chunkSize,
    onError,
    priority,
    weight,
    requires,
    maxErrorRate,
  } = options ?? {};
  return {
    ...EMPTY_DRAFT,
    name: name ?? "",
    submitter: submitter ?? "",
    program: programDraftFrom(program),
    ...("text" in input && { inputKind: "text", text: input.text, fileName }),
    ...("items" in input && { inputKind: "items", items: JSON.stringify(input.items) }),
    ...("dataset" in input && {
      inputKind: "dataset",
      dataset: input.dataset,
      columns: input.columns?.join(", ") ?? "",
    }),
    ...("url" in input && {
      inputKind: "url",
      url: input.url,
      urlFormat: formatDraftFrom(input.format),
      columns: input.columns?.join(", ") ?? "",
    }),
    ...("result" in input && { inputKind: "result", result: input.result }),
    ...("sweep" in input && { inputKind: "sweep", sweep: JSON.stringify(input.sweep, null, 2) }),
    ...("range" in input && {
      inputKind: "range",
      rangeStart: String(input.range.start ?? 0),
      rangeEnd: String(input.range.end),
      rangeStep: String(input.range.step ?? 1),
    }),
    ...(quorum !== undefined && { quorum: String(quorum) }),
    ...(typeof maxErrorRate === "number" && { maxErrorRate: String(maxErrorRate) }),
    ...(reducers !== undefined && { reducers: String(reducers) }),
    ...(typeof chunkBytes === "number" && { chunkBytes: String(chunkBytes) }),
    ...(chunkSize !== undefined && { chunkSize: String(chunkSize) }),
    ...(order !== undefined && { order }),
    ...(onError !== undefined && { onError }),
    ...(priority !== undefined && { priority: String(priority) }),
    ...(weight !== undefined && { weight: String(weight) }),
    ...(requires?.tags !== undefined && { tags: requires.tags.join(", ") }),
    more: moreOptionsDraftFrom(options ?? {}),
    config: config === undefined || config === null ? "" : JSON.stringify(config, null, 2),
  };
}

/** By what the size of a task is said; null where a block is a task, which has its size already. */
export function sizeOptionOf(kind: InputKind): "chunkBytes" | "chunkSize" | null {
  switch (kind) {
    case "dataset":
    case "result":
    case "url":
      return null;
    case "text":
      return "chunkBytes";
    case "items":
    case "range":
    case "sweep":
      return "chunkSize";
  }
}

function sizeFrom(draft: JobDraft): JobRequest["options"] {
  const option = sizeOptionOf(draft.inputKind);
  return option === null ? {} : { [option]: numberFrom(`options.${option}`, draft[option]) };
}

function inputFrom(draft: JobDraft): JobRequest["input"] {
  switch (draft.inputKind) {
    case "text":
      return { text: draft.text };
    case "items": {
      const items = z.array(z.json()).safeParse(jsonFrom("input.items", draft.items));
      if (!items.success) throw new DraftError("input.items", "must be a JSON list, like [1, 2, 3]");
      return { items: items.data };
    }
    case "dataset":
      return { dataset: draft.dataset.trim(), ...columnsFrom(draft) };
    case "result": {
      const { data } = JobId.safeParse(draft.result.trim());
      if (!data) throw new DraftError("input.result", "must be a job's id, such as job_0123456789abcdef");
      return { result: data };
    }
    case "url":
      return urlInputFrom(draft);
    case "sweep": {
      const { data } = Sweep.safeParse(jsonFrom("input.sweep", draft.sweep));
      if (!data) throw new DraftError("input.sweep", SWEEP_RULE);
      return { sweep: data };
    }
    case "range":
      return {
        range: {
          start: numberFrom("input.range.start", draft.rangeStart),
          end: numberFrom("input.range.end", draft.rangeEnd),
          step: numberFrom("input.range.step", draft.rangeStep),
        },
      };
  }
}

const { sweep: Sweep } = SweepInput.shape;
const SWEEP_RULE =
  'must be an object with a list of values, or {"start", "end", "step"}, under each name, like {"a": ["x", "y"], "b": {"end": 3}}';

function urlInputFrom(draft: JobDraft): JobRequest["input"] {
  const { url, urlFormat } = draft;
  if (url.trim() === "")
    throw new DraftError("input.url", "must be an address, such as https://example.org/log.csv");
  const format = formatFrom(urlFormat, "input.format");
  return { url: url.trim(), ...(format !== undefined && { format }), ...columnsFrom(draft) };
}

function columnsFrom({ columns }: JobDraft): { columns?: string[] } {
  const names = columns
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return names.length > 0 ? { columns: names } : {};
}
