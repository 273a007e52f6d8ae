/** What a version that a result was kept as says of that result: its job, and how far it was corrected. */
import { JobId } from "../../protocol/ids";
import { countCorrected, type ResultRead } from "../store/result-reads";
import type { StoredVersion } from "./dataset-rows";

/** @param edition As `readEdition` gives it: a corrected result is another source. */
export function sourceOf(id: JobId, edition: string | null): string {
  return edition === null ? id : `${id} ${edition}`;
}

/** Null for a version that was uploaded. */
export function readOfSource({
  terms: { source },
  ...dataset
}: Pick<StoredVersion, "terms" | "path" | "version">): ResultRead | null {
  if (source === undefined) return null;
  const end = source.indexOf(" ");
  const [id, edition] = end < 0 ? [source, null] : [source.slice(0, end), source.slice(end + 1)];
  const { path, version } = dataset;
  return {
    jobId: JobId.parse(id),
    use: "dataset",
    corrected: countCorrected(edition),
    dataset: { path, version },
  };
}
