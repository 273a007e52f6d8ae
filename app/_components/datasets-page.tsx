"use client";

import { useDatasets } from "../_live/use-datasets";
import { useImports } from "../_live/use-imports";
import { DatasetPanel } from "./dataset-panel";
import { DatasetUpload } from "./dataset-upload";
import { ImportList } from "./import-list";
import { Notice } from "./notice";

export function DatasetsPage() {
  const { datasets, problem, reload, more } = useDatasets();
  const { value: imports, refresh } = useImports(reload);
  return (
    <div className="space-y-6">
      <div>
        <h1>Datasets</h1>
        <p className="mt-1 max-w-2xl text-soft">
          Data that is uploaded once and read by as many jobs as you like. Every upload makes a version, which
          never changes.
        </p>
      </div>
      <DatasetUpload hosts={imports?.hosts ?? null} onUploaded={reload} onImporting={refresh} />
      {imports && imports.imports.length > 0 && <ImportList imports={imports.imports} onRemoved={refresh} />}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {!datasets && !problem && <p className="py-8 text-center text-sm text-soft">Loading the datasets…</p>}
      {datasets?.length === 0 && (
        <p className="panel p-8 text-center text-sm text-soft">There are no datasets yet.</p>
      )}
      {datasets && datasets.length > 0 && (
        <ul className="space-y-3" aria-label="Datasets">
          {datasets.map((dataset) => (
            <DatasetPanel key={dataset.path} dataset={dataset} onDeleted={reload} />
          ))}
        </ul>
      )}
      {more && (
        <div className="text-center">
          <button type="button" className="button button-quiet" onClick={more}>
            Show more
          </button>
        </div>
      )}
    </div>
  );
}
