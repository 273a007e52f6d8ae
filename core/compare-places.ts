/**
 * What a job's rule says of each place of a value: the path that names most of it wins, over the job's own rule.
 *
 *   rule ──▶ place of the whole value ── member("rows") ──▶ place ── item() ──▶ place …
 *
 * Each place knows the paths that may still hold below it, and is made once: to walk through a value costs O(1) a step.
 */
import type { ComparePath, CompareRule } from "../protocol/compare";

export class ComparePlace {
  readonly rule: ComparePath;
  readonly #everywhere: ComparePath;
  /** Those whose first `depth` names hold so far. */
  readonly #paths: readonly Path[];
  readonly #depth: number;
  readonly #named: ReadonlySet<string>;
  readonly #members = new Map<string, ComparePlace>();
  #others: ComparePlace | null = null;
  #item: ComparePlace | null = null;

  constructor(everywhere: ComparePath, paths: readonly Path[], depth: number) {
    this.#everywhere = everywhere;
    this.#paths = paths.filter(({ names }) => names.length > depth);
    this.#depth = depth;
    this.#named = new Set(this.#paths.map(({ names }) => names[depth] ?? ""));
    const here = paths.filter(({ names }) => names.length === depth);
    const most = Math.max(...here.map(({ named }) => named));
    this.rule = here.find(({ named }) => named === most)?.rule ?? everywhere;
  }

  /** True where the same holds for everything below. */
  get isUniform(): boolean {
    return this.#paths.length === 0 && this.rule === this.#everywhere;
  }

  member(name: string): ComparePlace {
    if (this.#paths.length === 0) return (this.#others ??= this.#below(() => false));
    if (!this.#named.has(name)) return (this.#others ??= this.#below((own) => own === "*"));
    const known = this.#members.get(name);
    if (known) return known;
    const place = this.#below((own) => own === "*" || own === name);
    this.#members.set(name, place);
    return place;
  }

  /** Of an array whose items have no places of their own: all paths into it hold for each. */
  item(): ComparePlace {
    return (this.#item ??= this.#below(() => true));
  }

  #below(holds: (name: string) => boolean): ComparePlace {
    const depth = this.#depth;
    const paths = this.#paths.filter(({ names }) => holds(names[depth] ?? ""));
    // Where no path leads any more, it is the same everywhere below.
    if (this.isUniform) return this;
    return new ComparePlace(this.#everywhere, paths, depth + 1);
  }
}

interface Path {
  readonly names: readonly string[];
  /** How many of the names are no `*`. */
  readonly named: number;
  readonly rule: ComparePath;
}

/** The place of a record's whole value. */
export function placeOfValue({ paths = {}, ...everywhere }: CompareRule): ComparePlace {
  const all = Object.entries(paths).map(([pointer, rule]): Path => {
    const names = namesIn(pointer);
    const named = names.filter((name) => name !== "*").length;
    return { names, named, rule: { ...everywhere, ...rule } };
  });
  return new ComparePlace(everywhere, all, 0);
}

/** Of a JSON pointer (RFC 6901), where `*` stands for any name. */
function namesIn(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}
