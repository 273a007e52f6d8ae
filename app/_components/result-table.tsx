"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { formatCount } from "../_live/format";
import { arrange, textOf, type ResultOrder, type SortColumn } from "../_live/result-order";
import { RESULT_LINES_READ, type ResultRow } from "../_live/use-result";
import { ResultText } from "./result-text";

const ROWS_SHOWN = 1000;

interface ResultTableProps {
  rows: readonly ResultRow[];
  isWhole: boolean;
  /** Without a reduce stage values that are strings are lines of a text, or of a picture. */
  isOrderedMap: boolean;
}

export function ResultTable({ rows, isWhole, isOrderedMap }: ResultTableProps) {
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<ResultOrder>({ column: null, isDescending: false });
  const [isText, setText] = useState(isOrderedMap && typeof rows[0]?.value === "string");
  const wanted = useDeferredValue(filter);
  const found = useMemo(() => arrange(rows, wanted, order), [rows, wanted, order]);
  const shown = found.slice(0, ROWS_SHOWN);

  return (
    <div className="pb-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 pb-4">
        <label className="basis-full sm:basis-72">
          <span className="sr-only">Filter the result</span>
          <input
            type="search"
            className="field"
            placeholder="Filter by key or value"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </label>
        <p role="status" className="text-sm text-soft tabular-nums">
          {describe(found.length, shown.length, wanted !== "")}
          {!isWhole && ` Only the first ${formatCount(RESULT_LINES_READ)} rows were read; download the rest.`}
        </p>
        {typeof rows[0]?.value === "string" && (
          <label className="ml-auto flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={isText}
              onChange={(event) => setText(event.target.checked)}
            />
            Values as text
          </label>
        )}
      </div>
      {isText ? <ResultText rows={shown} /> : <Rows rows={shown} order={order} onOrder={setOrder} />}
    </div>
  );
}

interface RowsProps {
  rows: readonly ResultRow[];
  order: ResultOrder;
  onOrder: (order: ResultOrder) => void;
}

function Rows({ rows, order, onOrder }: RowsProps) {
  return (
    <div
      className="max-h-[36rem] overflow-auto border-t border-line"
      role="region"
      aria-label="Result"
      tabIndex={0}
    >
      <table className="w-full text-sm tabular-nums">
        <thead className="sticky top-0 bg-card">
          <tr className="text-left">
            <SortHeader column="key" order={order} onOrder={onOrder} />
            <SortHeader column="value" order={order} onOrder={onOrder} />
          </tr>
        </thead>
        <tbody className="font-mono text-xs">
          {rows.map((row, index) => (
            <tr key={index} data-testid="result-row" className="border-t border-line align-top">
              <td className="px-4 py-1.5 break-words">{textOf(row.key)}</td>
              <td className="px-4 py-1.5 break-words whitespace-pre-wrap">{textOf(row.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SortHeaderProps {
  column: SortColumn;
  order: ResultOrder;
  onOrder: (order: ResultOrder) => void;
}

function SortHeader({ column, order, onOrder }: SortHeaderProps) {
  const isSorted = order.column === column;
  const Arrow = order.isDescending ? ArrowDown : ArrowUp;
  // The largest values are what one looks for first, and keys from the beginning.
  const isDescending = isSorted ? !order.isDescending : column === "value";
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (order.isDescending ? "descending" : "ascending") : "none"}
      className={column === "key" ? "w-2/5" : ""}
    >
      <button
        type="button"
        className="eyebrow flex w-full items-center gap-1 px-4 py-2 hover:text-ink"
        onClick={() => onOrder({ column, isDescending })}
      >
        {column === "key" ? "Key" : "Value"}
        <Arrow className={`size-3.5 ${isSorted ? "" : "opacity-25"}`} aria-hidden="true" />
      </button>
    </th>
  );
}

function describe(found: number, shown: number, isFiltered: boolean): string {
  const rows = `${formatCount(found)} ${found === 1 ? "row" : "rows"}${isFiltered ? " match" : ""}`;
  if (found === 0) return isFiltered ? "No row matches." : "The result is empty.";
  return shown < found ? `${rows}; the first ${formatCount(shown)} are shown.` : `${rows}.`;
}
