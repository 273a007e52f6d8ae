/** The rows of some row groups as records: objects, made when they are asked for, of the columns that were. */
import { getSchemaPath } from "hyparquet/src/schema.js";
import type { SchemaTree } from "hyparquet/src/types.js";
import { unpackOutline, type OutlineGroup, type SchemaElement } from "../../../protocol/parquet";
import type { BlockRecords } from "../records";
import { openColumn, type Column, type ColumnValues, type Leaf } from "./columns";
import { adjust, PARSERS, type Finish } from "./values";

/** @param packed An outline with the bytes of its chunks. */
export function parquetRows(packed: Uint8Array): BlockRecords {
  const { outline, chunks } = unpackOutline(packed);
  const { groups, schema, columns: names } = outline;
  const columns = new Map(columnsIn(schema).map((column) => [column.tree.element.name, column]));
  const ends = endsOf(groups);
  let open: { place: number; values: readonly NamedValues[] } | null = null;

  return {
    count: ends.at(-1) ?? 0,
    at(index) {
      const place = ends.findIndex((end) => index < end);
      if (open?.place !== place) open = { place, values: openGroup(place) };
      const row = index - (ends[place - 1] ?? 0);
      // No column is named __proto__: the coordinator sees to that.
      const record: Record<string, unknown> = {};
      for (const { name, values } of open.values) record[name] = values.at(row);
      return record;
    },
  };

  function openGroup(place: number): NamedValues[] {
    const group = groups[place];
    if (!group) throw new Error(`There is no row group ${place} in the task's input`);
    let leaf = 0;
    const opened = new Map<string, ColumnValues>();
    for (const [name, column] of columns) {
      const first = leaf;
      leaf += column.leaves.length;
      const own = column.leaves.flatMap((_, at) => {
        const about = group.chunks[first + at];
        const bytes = chunks[place]?.[first + at];
        return about && bytes ? [{ about, bytes }] : [];
      });
      opened.set(name, openColumn({ column, chunks: own, group: group.number }));
    }
    return names.flatMap((name) => {
      const values = opened.get(name);
      return values ? [{ name, values }] : [];
    });
  }
}

interface NamedValues {
  readonly name: string;
  readonly values: ColumnValues;
}

function endsOf(groups: readonly OutlineGroup[]): number[] {
  let end = 0;
  return groups.map(({ rows }) => (end += rows));
}

function columnsIn(schema: readonly SchemaElement[]): Column[] {
  const finishes = new Map<SchemaElement, Finish>();
  const adjusted = schema.map((element) => {
    if ((element.num_children ?? 0) > 0) return element;
    const { element: own, finish } = adjust(element);
    const copy = { ...own };
    finishes.set(copy, finish);
    return copy;
  });
  const [root] = getSchemaPath(adjusted, []);
  if (!root) throw new Error("The file has no columns");
  return root.children.map((tree) => ({ tree, leaves: leavesOf([root, tree], finishes) }));
}

/** In the order of the schema. @param path From the root down to the node. */
function leavesOf(path: readonly SchemaTree[], finishes: ReadonlyMap<SchemaElement, Finish>): Leaf[] {
  const node = path.at(-1);
  if (!node) return [];
  if (node.children.length > 0) return node.children.flatMap((child) => leavesOf([...path, child], finishes));
  const { element } = node;
  if (!element.type) throw new Error(`The column "${node.path.join(".")}" has no type`);
  const decoder = {
    ...{ pathInSchema: node.path, type: element.type, element },
    ...{ schemaPath: [...path], parsers: PARSERS },
  };
  return [{ decoder, finish: finishes.get(element) ?? ((value) => value) }];
}
