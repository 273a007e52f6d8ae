/**
 * Makes one module of a file and all that it imports, with a source map, so that errors name the author's own lines.
 *
 * A single file of JavaScript stays as it is: its lines are its own already.
 */
import path from "node:path";
import { readFile } from "node:fs/promises";
import type * as Esbuild from "esbuild";
import { ProgramFileError } from "./program-file-error";

export interface BundledModule {
  readonly source: string;
  readonly fileName: string;
  /** Names of what it exports. */
  readonly exports: readonly string[];
}

/** What is bundled: a file, or a text that imports files. */
export type BundleEntry = { readonly file: string } | { readonly text: string; readonly fileName: string };

/** @throws {ProgramFileError} With file, line and column of whatever esbuild does not like. */
export async function bundleModule(entry: BundleEntry): Promise<BundledModule> {
  const { build } = await loadBundler();
  const folder = process.cwd();
  const result = await build({
    ...("file" in entry
      ? { entryPoints: [path.resolve(entry.file)] }
      : { stdin: { contents: entry.text, resolveDir: folder, sourcefile: entry.fileName } }),
    absWorkingDir: folder,
    // Sources are named from here: as the user named the file.
    outfile: path.join(folder, "program.js"),
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    sourcemap: "inline",
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    logLevel: "silent",
  }).catch((error: unknown) => {
    throw isBuildFailure(error)
      ? new ProgramFileError(error.errors.map(described).join("\n"), { cause: error })
      : error;
  });
  const { inputs, outputs } = result.metafile;
  const exports = Object.values(outputs)[0]?.exports ?? [];
  const [input, another] = Object.values(inputs);
  if ("file" in entry) {
    const fileName = path.basename(entry.file);
    const isPlain = !another && input?.format === "esm" && /\.m?js$/i.test(entry.file);
    if (isPlain) return { source: await readFile(entry.file, "utf8"), fileName, exports };
  }
  const fileName = "file" in entry ? path.basename(entry.file) : entry.fileName;
  return { source: result.outputFiles[0]?.text ?? "", fileName, exports };
}

/** Loaded when it is needed: most commands and programs are not about modules. */
async function loadBundler(): Promise<typeof Esbuild> {
  try {
    return await import("esbuild");
  } catch (error) {
    throw new ProgramFileError("esbuild, which bundles programs, is not installed: npm install esbuild", {
      cause: error,
    });
  }
}

function isBuildFailure(error: unknown): error is Esbuild.BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function described({ text, location, notes }: Esbuild.Message): string {
  const place = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
  const [note] = notes;
  return `${place}${text}${note ? `\n  ${note.text}` : ""}`;
}
