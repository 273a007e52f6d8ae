/** What a fetched source is taken for, where nobody said it. */
import type { DatasetFormat } from "../../protocol/format";
import type { SourceAnswer } from "./after-answer";

/** @param url Where it was found at last. */
export function guessFormat(
  url: URL,
  headers: SourceAnswer["headers"],
): DatasetFormat["type"] & ("lines" | "jsonl" | "csv" | "files" | "parquet") {
  const name = url.pathname.toLowerCase().replace(/\.gz$/, "");
  const type = headers["content-type"]?.toLowerCase() ?? "";
  if (/\.(jsonl|ndjson)$/.test(name) || /^application\/(x-ndjson|ndjson|jsonl|jsonlines)\b/.test(type))
    return "jsonl";
  if (name.endsWith(".csv") || /^text\/csv\b/.test(type)) return "csv";
  if (/\.(tar|tgz)$/.test(name) || /^application\/(x-)?tar\b/.test(type)) return "files";
  if (name.endsWith(".parquet") || /^application\/(vnd\.apache\.|x-)?parquet\b/.test(type)) return "parquet";
  return "lines";
}

/** @returns Null when its first bytes are to tell. */
export function guessGzip(url: URL, headers: SourceAnswer["headers"]): boolean | null {
  const isNamedSo = /\.(gz|tgz)$/.test(url.pathname.toLowerCase());
  const isSaidSo = /^application\/(x-)?gzip\b/i.test(headers["content-type"] ?? "");
  const isEncodedSo = /gzip/i.test(headers["content-encoding"] ?? "");
  return isNamedSo || isSaidSo || isEncodedSo ? true : null;
}
