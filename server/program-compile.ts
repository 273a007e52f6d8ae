/**
 * Makes modules that a slot can import out of what submitters write: TypeScript, CommonJS, scripts for Node.js.
 *
 * Nothing is run, and nothing is read but the source itself: an import of anything that is not in the table
 * of what the sandbox offers is refused. The source map goes along, so that errors name the submitter's own lines.
 */
import type * as Esbuild from "esbuild";
import { GridError } from "../protocol/problems";

/** @throws {GridError} `program-invalid` with line and column. */
export async function compileTypeScript(source: string, fileName: string): Promise<string> {
  return explained(async (esbuild) => {
    const { code } = await esbuild.transform(source, {
      loader: "ts",
      format: "esm",
      target: "es2022",
      sourcemap: "inline",
      sourcefile: fileName,
      sourcesContent: false,
      logLevel: "silent",
      tsconfigRaw: {},
    });
    return code;
  });
}

/** Modules of Node.js that scripts may ask for: the slot has its own of them. */
const SCRIPT_MODULES = ["fs", "readline", "process", "os", "events", "buffer"];

/**
 * Makes one ES module of a CommonJS or ES module: what it exports is there as `default`.
 *
 * @param offers Whether modules of Node.js may be asked for.
 * @throws {GridError} `program-invalid` with line and column.
 */
export async function compileScript(
  source: string,
  fileName: string,
  { offers }: { offers: "nothing" | "node" },
): Promise<string> {
  return explained(async (esbuild) => {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: withoutHashBang(source), sourcefile: fileName, loader: "js" },
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2022",
      sourcemap: "inline",
      sourcesContent: false,
      logLevel: "silent",
      tsconfigRaw: {},
      plugins: [nothingElse(offers === "node" ? SCRIPT_MODULES : [])],
    });
    return outputFiles[0]?.text ?? "";
  });
}

/** A line that shells read; its place is kept, so that lines keep their numbers. */
const withoutHashBang = (source: string) => (source.startsWith("#!") ? `//${source}` : source);

/** Every import goes through here, so that none is looked for on the coordinator's disk. */
function nothingElse(offered: readonly string[]): Esbuild.Plugin {
  return {
    name: "nothing-else",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        const name = path.replace(/^node:/, "").replace(/^(readline)\/promises$/, "$1");
        if (offered.includes(name)) return { path: name, namespace: "slot" };
        const known = offered.length === 0 ? "" : `; there are ${offered.join(", ")}`;
        const text = `The program imports "${path}", but volunteers get this one file: bundle it with what it needs first${known}`;
        return { errors: [{ text }] };
      });
      build.onLoad({ filter: /.*/, namespace: "slot" }, ({ path }) => ({
        contents: `module.exports = globalThis.tabgridModules[${JSON.stringify(path)}];`,
        loader: "js",
      }));
    },
  };
}

async function explained(compile: (esbuild: typeof Esbuild) => Promise<string>): Promise<string> {
  try {
    return await compile(await import("esbuild"));
  } catch (error) {
    const [first] = isBuildFailure(error) ? error.errors : [];
    if (!first) throw error;
    const place = first.location ? { line: first.location.line, column: first.location.column + 1 } : {};
    throw new GridError("program-invalid", first.text, place, { cause: error });
  }
}

function isBuildFailure(error: unknown): error is Esbuild.BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}
