import { describe, expect, it } from "vitest";
import { LIMITS } from "../protocol/limits";
import { isGridError } from "../protocol/problems";
import { checkProgram } from "./program";

/** What a program is refused with: `line:column message`. */
function refusalOf(source: string): string {
  try {
    checkProgram(source);
  } catch (error) {
    if (!isGridError(error) || error.code !== "program-invalid") throw error;
    const { line, column } = error.extras;
    return `${line}:${column} ${error.message}`;
  }
  return "accepted";
}

describe("checkProgram", () => {
  it("[PR1] says whether a program combines and reduces", () => {
    expect(checkProgram("export function map() {}")).toMatchObject({
      hasCombine: false,
      hasReduce: false,
    });
    expect(checkProgram("export const map = (x) => x; export async function reduce() {}")).toMatchObject({
      hasCombine: false,
      hasReduce: true,
    });
    expect(
      checkProgram("const f = () => {}; function g() {} export { f as map, g as combine, g as reduce };"),
    ).toMatchObject({ hasCombine: true, hasReduce: true });
  });

  it("[PR15] says which classes a program names, where they are written out", () => {
    const named = (source: string) =>
      checkProgram(`class A {} export function map() {} ${source}`).classNames;
    expect(named("")).toEqual([]);
    expect(named('export const classes = { A, B: A, "C d": A };')).toEqual(["A", "B", "C d"]);
    expect(named("const all = { A }; export { all as classes };")).toEqual(["A"]);
    for (const source of [
      "export let classes = { A };",
      "export const classes = { ...{ A } };",
      "export const classes = f({ A });",
    ]) {
      expect(named(`${source} function f(x) { return x; }`)).toBe(null);
    }
  });

  it.each([
    "function m() {} export { m as map };",
    'function m() {} export { m as "map" };',
    "export let map; map = (x) => x;",
    "export const { map } = { map: (x) => x };",
    "export const [map] = [(x) => x];",
    "export const map = wrap(() => 1); function wrap(f) { return f; }",
    "export async function* map() {}",
    "export class Helper {} export function map() {}",
  ])("[PR2] takes any way to export `map` that may be a function: %s", (source) => {
    expect(refusalOf(source)).toBe("accepted");
  });

  it("[PR3] names line and column of a syntax error, both from 1", () => {
    expect(refusalOf("export function map() {\n  return );\n}")).toBe("2:10 Unexpected token");
    expect(refusalOf("export function map() {")).toMatch(/^1:24 /);
  });

  it.each([
    ["", /exports nothing/],
    ["function map() {}", /exports nothing/],
    ["export function mapp() {}", /exports `mapp`/],
    ["export default function map() {}", /exports `default`/],
  ])("[PR4] refuses a program without an export named `map`: %s", (source, words) => {
    expect(refusalOf(source)).toMatch(/^1:1 A program must export a function named `map`/);
    expect(refusalOf(source)).toMatch(words);
  });

  it.each([
    ["export const map = 5;", "1:14"],
    ["export let a = 1, b;\nexport const map = { f() {} };", "2:14"],
    ["export class map {}", "1:8"],
    ["const m = [1];\nexport { m as map };", "2:10"],
    ["export const map = `text`;", "1:14"],
    ["export const map = -1;", "1:14"],
  ])("[PR5] refuses a `map` that can be seen not to be a function: %s", (source, place) => {
    expect(refusalOf(source)).toBe(`${place} \`map\` must be a function`);
  });

  it("[PR6] holds `combine` and `reduce` to the same rule", () => {
    expect(refusalOf("export function map() {}\nexport const reduce = 1;")).toBe(
      "2:14 `reduce` must be a function",
    );
    expect(refusalOf("export function map() {}\nexport const combine = [];")).toBe(
      "2:14 `combine` must be a function",
    );
  });

  it.each([
    ['import _ from "lodash"; export function map() {}', "1:1", '"lodash"'],
    ['export function map() {}\n  export * from "./a.js";', "2:3", '"./a.js"'],
    ['export { map } from "./a.js";', "1:1", '"./a.js"'],
    ['export function map() {}\nconst fs = await import("fs");', "2:18", '"fs"'],
    ["export function map() {}\nif (1) { for (const a of [import(`x`)]); }", "2:27", "a module"],
  ])("[PR7] refuses what it would load when it starts, and says to bundle it: %s", (source, place, what) => {
    expect(refusalOf(source)).toMatch(new RegExp(`^${place} The program imports ${what}, .* bundle it`));
  });

  it("[PR8] leaves `import()` inside functions alone: bundles carry branches that never run here", () => {
    expect(refusalOf('export async function map() { await import("fs"); }')).toBe("accepted");
    expect(refusalOf('export const map = () => import("fs");')).toBe("accepted");
  });

  it.each([
    '"sum"',
    "`mean`",
    "{ top: 10 }",
    // Left to the volunteers.
    "choose()",
  ])("[BA1] takes the aggregate %s in place of reduce, and combines by it", (written) => {
    expect(checkProgram(`export function map() {}\nexport const aggregate = ${written};`)).toMatchObject({
      hasReduce: true,
      hasCombine: true,
    });
  });

  it.each([
    ['"median"', '"median"'],
    ["{ top: 0 }", '{"top":0}'],
    ["{ top: 1, bottom: 2 }", '{"top":1,"bottom":2}'],
    ["7", "7"],
  ])("[BA1] refuses the aggregate %s at its place, and lists those that there are", (written, shown) => {
    const refusal = refusalOf(`export function map() {}\nexport const aggregate = ${written};`);
    expect(refusal).toMatch(/^2:14 aggregate must be "sum", "count", .* or \{ top: n \}/);
    expect(refusal).toContain(`; got ${shown}`);
  });

  it.each(["combine", "reduce"])(
    "[BA2] refuses an aggregate beside %s: both would make the key's value",
    (name) => {
      expect(refusalOf(`export const map = 0, aggregate = "sum"; export function ${name}() {}`)).toContain(
        "`map` must be a function",
      );
      expect(
        refusalOf(`export function map() {} export const aggregate = "sum"; export function ${name}() {}`),
      ).toMatch(/^1:39 A program exports aggregate in place of combine and reduce/);
    },
  );

  it("[PR10] refuses a program over the limit, naming the limit, before it reads it", () => {
    expect(() => checkProgram("é".repeat(LIMITS.programBytes / 2 + 1))).toThrow(
      expect.objectContaining({ code: "too-large", message: expect.stringContaining("programBytes") }),
    );
  });

  it.each(["(", "[", "{", "!", "a=>", "if(1)", "`${", "1+"])(
    "[PR11] answers a program that nests %s too deeply, instead of running out of stack",
    (opening) => {
      expect(refusalOf(`export function map() {}\n${opening.repeat(200_000)}`)).toMatch(/stack space/);
    },
  );

  it("[PR13] takes time in proportion to the program, not to its square: 200,000 functions are read in seconds", () => {
    const functions = Array.from({ length: 200_000 }, (_, index) => `function f${index}(){}`).join("\n");
    expect(refusalOf(`${functions}\nexport function map() {}`)).toBe("accepted");
    expect(refusalOf(`${functions}\nfunction f5() {}`)).toBe(
      "200001:10 Identifier 'f5' has already been declared",
    );
  }, 30_000);

  it("[PR14] refuses a name declared twice, and takes one declared in another scope", () => {
    expect(refusalOf("export function map(a) { let b; let b; }")).toMatch(/^1:37 Identifier 'b'/);
    expect(refusalOf("try {} catch (e) { var e; }\nexport function map(a) { var a; { let a; } }")).toBe(
      "accepted",
    );
    expect(refusalOf("export { map };")).toMatch(/^1:10 Export 'map' is not defined/);
  });

  it("[PR12] never runs the program", () => {
    checkProgram("globalThis.ranByMistake = true; export function map() {}");
    expect("ranByMistake" in globalThis).toBe(false);
  });
});
