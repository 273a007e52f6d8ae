/** The columns of a Parquet file, from the list that its metadata has of them. */
import { parquetMetadata } from "hyparquet/src/metadata.js";
import { LIMITS } from "../../protocol/limits";
import type { SchemaElement } from "../../protocol/parquet";
import { invalid } from "../invalid-data";

/** A column whose values the file has, and not only its parts. */
export interface Leaf {
  /** The top column that it is of, by its place. */
  readonly column: number;
  readonly path: readonly string[];
  readonly type: string;
}

export interface Schema {
  /** Names of the top columns. */
  readonly columns: readonly string[];
  readonly leaves: readonly Leaf[];
  /** Of each top column, itself and all that is below it. */
  readonly elements: readonly (readonly SchemaElement[])[];
  readonly root: SchemaElement;
}

/**
 * @param list The list of the schema's elements as it lies in metadata that was checked.
 * @throws {GridError} `data-invalid`.
 */
export function readSchema(list: Uint8Array): Schema {
  const [root, ...elements] = elementsIn(list);
  if (!root) throw invalid("The file's metadata names no columns");
  if (elements.length > LIMITS.parquetColumns)
    throw invalid(
      `A Parquet file may have at most ${LIMITS.parquetColumns} columns, parts of columns counted (parquetColumns); got ${elements.length}`,
    );
  const columns: string[] = [];
  const leaves: Leaf[] = [];
  const groups: SchemaElement[][] = [];
  let at = 0;

  function take(path: readonly string[], group: SchemaElement[]): void {
    const element = elements[at++];
    if (!element) throw invalid("The file's metadata lacks columns: fewer are there than it says");
    checkElement(element, path);
    group.push(element);
    const own = [...path, element.name];
    const children = element.num_children ?? 0;
    if (children === 0) leaves.push({ column: columns.length, path: own, type: element.type ?? "" });
    takeAll(children, own, () => take(own, group));
  }

  takeAll(root.num_children ?? 0, [], () => {
    const group: SchemaElement[] = [];
    take([], group);
    columns.push(group[0]?.name ?? "");
    groups.push(group);
  });
  if (at < elements.length) throw invalid("The file's metadata has columns that belong to none");
  const seen = new Set<string>();
  const twice = columns.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw invalid(`The file has two columns with the name "${twice}"`);
  return { columns, leaves, elements: groups, root };
}

function takeAll(count: number, path: readonly string[], take: () => void): void {
  if (!Number.isInteger(count) || count < 0)
    throw invalid(`The column "${path.join(".")}" cannot have ${count} parts`);
  for (let place = 0; place < count; place++) take();
}

/** The library understands the whole of a file's metadata only: so it gets one without row groups. */
function elementsIn(list: Uint8Array): SchemaElement[] {
  const before = [0x15, 0x02, 0x19];
  const after = [0x16, 0x00, 0x19, 0x0c, 0x00];
  const length = before.length + list.length + after.length;
  const footer = new Uint8Array(length + 8);
  footer.set(before);
  footer.set(list, before.length);
  footer.set(after, before.length + list.length);
  new DataView(footer.buffer).setUint32(length, length, true);
  footer.set(new TextEncoder().encode("PAR1"), length + 4);
  try {
    return parquetMetadata(footer, { geoparquet: false }).schema;
  } catch (error) {
    throw invalid(`The file's columns cannot be read: ${error instanceof Error ? error.message : "no list"}`);
  }
}

function checkElement({ name, type, num_children: children }: SchemaElement, path: readonly string[]): void {
  const shown = [...path, name].join(".").slice(0, 200);
  if (typeof name !== "string" || name === "" || name === "__proto__")
    throw invalid(`A column of the file, in "${path.join(".")}", has a name that cannot be used: "${name}"`);
  if (name.length > LIMITS.parquetNameChars)
    throw invalid(
      `The name of a column may have ${LIMITS.parquetNameChars} characters (parquetNameChars); "${shown}…" has ${name.length}`,
    );
  if (path.length >= LIMITS.parquetDepth)
    throw invalid(`Columns may be nested ${LIMITS.parquetDepth} deep (parquetDepth); "${shown}" is deeper`);
  if ((children ?? 0) === 0 && type === undefined)
    throw invalid(`The column "${shown}" has neither a type nor parts`);
}
