/** Finds the numbered rules: in the titles of tests, and in docs/SPEC.md. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface Rule {
  /** Such as `SC2`. */
  number: string;
  words: string;
  file: string;
}

const TEST_FILE = /\.(test|spec)\.tsx?$/;
const NOT_OURS = new Set(["node_modules", ".next", ".git", "dist", "data", "generated"]);
/** A string that begins with a number in brackets; quotes inside it are escaped. */
const TITLE = /(["'`])\[([A-Z][A-Z0-9]\d+)\] ((?:\\.|(?!\1).)*)\1/g;
const SPEC_LINE = /^- \*\*\[([A-Z][A-Z0-9]\d+)\]\*\* (.*)$/gm;

/** @param root The folder of the project. */
export function rulesInTests(root: string): Rule[] {
  return testFilesIn(root).flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [...text.matchAll(TITLE)].map(([, , number = "", words = ""]) => ({
      number,
      words: words.replaceAll(/\\(.)/g, "$1"),
      file: path.relative(root, file),
    }));
  });
}

export function rulesInSpec(root: string): Rule[] {
  const file = "docs/SPEC.md";
  const text = readFileSync(path.join(root, file), "utf8");
  return [...text.matchAll(SPEC_LINE)].map(([, number = "", words = ""]) => ({ number, words, file }));
}

function testFilesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : testFilesIn(full);
    return TEST_FILE.test(entry.name) ? [full] : [];
  });
}
