"use client";

import { useState } from "react";
import Link from "next/link";
import { BlockPage, VersionPage, type DatasetView, type DatasetVersionView } from "../../protocol/dataset";
import { getJson, messageOf, request } from "../_live/api";
import { counted, formatBytes, formatCount, formatInstant } from "../_live/format";
import { Badge } from "./badge";

interface Details {
  versions: VersionPage;
  blocks: BlockPage;
}

export function DatasetPanel({ dataset, onDeleted }: { dataset: DatasetView; onDeleted: () => void }) {
  const { path, latest } = dataset;
  const [details, setDetails] = useState<Details | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const address = `/api/v1/datasets${path}`;

  async function open() {
    try {
      const [versions, blocks] = await Promise.all([
        getJson(VersionPage, `${address}/versions`),
        getJson(BlockPage, `${address}/blocks`),
      ]);
      setDetails({ versions, blocks });
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  async function remove(version: number | null) {
    const which = version === null ? path : `version ${version} of ${path}`;
    if (!window.confirm(`Delete ${which}? This cannot be undone.`)) return;
    try {
      await request(version === null ? address : `${address}?version=${version}`, { method: "DELETE" });
      onDeleted();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  return (
    <li className="panel p-4" data-testid="dataset">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 className="min-w-0 font-mono text-base break-all">{path}</h2>
        <Badge tone="plain">{latest.format.type}</Badge>
        {dataset.visibility === "private" && <Badge tone="plain">private</Badge>}
        <div className="ml-auto flex flex-wrap gap-2">
          <Link
            href={`/jobs/new?dataset=${encodeURIComponent(path)}`}
            className="button button-quiet"
            aria-label={`New job on ${path}`}
          >
            New job
          </Link>
          <a href={`${address}/content`} download className="button button-quiet">
            Download
          </a>
          <button
            type="button"
            className="button button-danger"
            aria-label={`Delete ${path}`}
            onClick={() => void remove(null)}
          >
            Delete
          </button>
        </div>
      </div>
      <p className="mt-2 text-sm text-soft tabular-nums">
        {counted(latest.records, "record", "records")}, {formatBytes(latest.bytes)},{" "}
        {counted(latest.blocks, "block", "blocks")}, {counted(dataset.versions, "version", "versions")};
        latest from {formatInstant(latest.createdAt)}
      </p>
      {latest.keptFrom && (
        <p className={`mt-1 text-sm ${latest.keptFrom.isOutdated ? "text-warn" : "text-soft"}`}>
          Kept from the{" "}
          <Link href={`/jobs/${latest.keptFrom.jobId}`} className="underline underline-offset-3">
            result of {latest.keptFrom.jobId}
          </Link>
          {latest.keptFrom.isOutdated &&
            ", which was corrected since, or was made of one that was: unless that job is only marked, it is kept again once it is right"}
          .
        </p>
      )}
      {"columns" in latest.reading && latest.reading.columns && (
        <p className="mt-1 text-sm text-soft">
          Columns: <span className="font-mono break-words text-ink">{namesOf(latest.reading.columns)}</span>
        </p>
      )}
      {problem && (
        <p role="alert" className="mt-2 text-sm text-bad">
          {problem}
        </p>
      )}
      <details className="mt-3" onToggle={(event) => event.currentTarget.open && void open()}>
        <summary className="cursor-pointer text-sm font-medium">Versions and blocks</summary>
        {details && (
          <div className="mt-3 space-y-4">
            <Versions versions={details.versions.versions} onDelete={(version) => void remove(version)} />
            <Blocks page={details.blocks} wanted={dataset.copies} total={latest.blocks} />
          </div>
        )}
      </details>
    </li>
  );
}

const SHOWN_COLUMNS = 30;

function namesOf(columns: readonly string[]): string {
  const more = columns.length - SHOWN_COLUMNS;
  return columns.slice(0, SHOWN_COLUMNS).join(", ") + (more > 0 ? ` and ${formatCount(more)} more` : "");
}

interface VersionsProps {
  versions: readonly DatasetVersionView[];
  onDelete: (version: number) => void;
}

function Versions({ versions, onDelete }: VersionsProps) {
  return (
    <ul className="divide-y divide-line text-sm tabular-nums" aria-label="Versions">
      {versions.map(({ version, records, bytes, createdAt }) => (
        <li key={version} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
          <span className="font-medium">Version {version}</span>
          <span className="text-soft">
            {counted(records, "record", "records")}, {formatBytes(bytes)}, {formatInstant(createdAt)}
          </span>
          <button
            type="button"
            className="ml-auto text-bad hover:underline"
            aria-label={`Delete version ${version}`}
            onClick={() => onDelete(version)}
          >
            Delete
          </button>
        </li>
      ))}
    </ul>
  );
}

function Blocks({ page, wanted, total }: { page: BlockPage; wanted: number; total: number }) {
  return (
    <div className="overflow-x-auto" role="region" aria-label="Blocks" tabIndex={0}>
      <table className="w-full text-sm whitespace-nowrap">
        <thead>
          <tr className="border-b border-line text-left">
            <th className="eyebrow py-2 pr-4">Block of the latest version</th>
            <th className="eyebrow px-4 text-right">Bytes</th>
            <th className="eyebrow px-4 text-right">Records</th>
            <th className="eyebrow pl-4 text-right">Held by, of {formatCount(wanted)} wanted</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line tabular-nums">
          {page.blocks.map(({ digest, bytes, records, holders }, place) => (
            <tr key={place}>
              <td className="py-1.5 pr-4 font-mono">{digest.slice(0, 16)}…</td>
              <td className="px-4 text-right">{formatBytes(bytes)}</td>
              <td className="px-4 text-right">{formatCount(records)}</td>
              <td className="pl-4 text-right">{formatCount(holders)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {page.nextCursor !== null && (
        <p className="mt-2 text-sm text-soft">
          The first {page.blocks.length} of {formatCount(total)}.
        </p>
      )}
    </div>
  );
}
