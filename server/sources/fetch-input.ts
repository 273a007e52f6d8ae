/** Fetches a job's input from an address while the job is submitted: as a version without a name, freed when the job has ended. */
import { guessFormat, guessGzip } from "../../core/sources/source-terms";
import { DatasetPath } from "../../protocol/dataset";
import { wholeDatasetFormat } from "../../protocol/format";
import type { UrlInput } from "../../protocol/job";
import { LIMITS } from "../../protocol/limits";
import type { Arrival } from "../datasets/arrival";
import type { UploadTerms } from "../datasets/dataset-rows";
import type { Datasets, OpenVersion } from "../datasets/datasets";
import { readSource, type FoundSource, type ReadingParts, type SourceSink } from "./read-source";

/** @returns What came, held until it is closed. @throws {GridError} As imports; `data-invalid`, `overloaded`. */
export type FetchInput = (input: UrlInput) => Promise<OpenVersion>;

/** Whose it is while it comes. It is never found there. */
const PATH = DatasetPath.parse("/job/input");

export function openInputFetcher(
  datasets: Pick<Datasets, "begin" | "giveUp" | "completeUnnamed">,
  reading: ReadingParts,
): FetchInput {
  const parts = {
    ...reading,
    maxBytes: Math.min(reading.maxBytes, LIMITS.urlInputBytes),
    maxMs: Math.min(reading.maxMs, LIMITS.urlInputMs),
  };

  return async (input) => {
    let arrival: Arrival | null = null;
    const sink: SourceSink = {
      offset: () => Promise.resolve(arrival?.progress().receivedBytes ?? 0),
      async begin(found) {
        const before = arrival;
        arrival = null;
        if (before) await datasets.giveUp(before);
        arrival = await datasets.begin(PATH, termsOf(input, found));
      },
      async append(_offset, send) {
        const to = arrival;
        if (to) await send((piece) => to.take(piece));
      },
    };
    try {
      await readSource(input.url, null, sink, parts, new AbortController().signal);
    } catch (error) {
      if (arrival) await datasets.giveUp(arrival);
      throw error;
    }
    if (!arrival) throw new Error("a source was read to its end, and never begun");
    return datasets.completeUnnamed(arrival);
  };
}

function termsOf({ format }: UrlInput, { url, headers, totalBytes }: FoundSource): UploadTerms {
  return {
    format: wholeDatasetFormat(format ?? guessFormat(url, headers)),
    options: { blockBytes: LIMITS.datasetBlockBytes },
    sentDigest: null,
    sentBytes: totalBytes,
    isGzip: guessGzip(url, headers),
  };
}
