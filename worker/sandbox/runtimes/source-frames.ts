/**
 * Makes the frames of a stack name the submitter's own file and line.
 *
 * Modules are imported from blob: addresses. Those that were made from other files, by a bundler or from TypeScript,
 * end in a source map; it is only read when something was thrown.
 */
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

let fileName = "program.js";
let code: Uint8Array | null = null;
/** Undefined until it was looked for. */
let map: TraceMap | null | undefined;

export function noteSource(bytes: Uint8Array, name: string): void {
  fileName = name;
  code = bytes;
  map = undefined;
}

/** Where modules are imported from: in a browser blob:, in the threads of Node files of such names. */
const FRAME = /(?:blob|file):[^\s()]*?\/[0-9a-f-]{36}(?:\.mjs)?(?::(\d+):(\d+))?/g;

export function namedFrames(stack: string): string {
  return stack.replace(FRAME, (_frame, line?: string, column?: string) => {
    if (line === undefined || column === undefined) return fileName;
    const original = originalOf(Number(line), Number(column));
    return original ?? `${fileName}:${line}:${column}`;
  });
}

function originalOf(line: number, column: number): string | null {
  if (map === undefined) map = findMap();
  if (!map) return null;
  const {
    source,
    line: originalLine,
    column: originalColumn,
  } = originalPositionFor(map, { line, column: column - 1 });
  return source === null ? null : `${source}:${originalLine}:${originalColumn + 1}`;
}

const MARK = "//# sourceMappingURL=data:application/json;";

/** The map at the end of the module. One that cannot be read is as good as none. */
function findMap(): TraceMap | null {
  if (!code) return null;
  const text = new TextDecoder().decode(code);
  const start = text.lastIndexOf(MARK);
  if (start === -1) return null;
  const data = text.slice(start + MARK.length).split("\n", 1)[0] ?? "";
  const base64 = data.slice(data.indexOf("base64,") + "base64,".length);
  try {
    const bytes = Uint8Array.from(atob(base64.trim()), (char) => char.charCodeAt(0));
    return new TraceMap(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
