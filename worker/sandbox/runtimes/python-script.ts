/** Runs a Python script once: its own input, environment and global variables, in the interpreter that all tasks share. */
import { LIMITS } from "../../../protocol/limits";
import type { Command } from "./commands";
import { OUTPUT_RULE } from "./output-budget";
import { pythonError, type Python } from "./pyodide";

const RUN_SCRIPT = String.raw`
import io, json, linecache, os, random, sys

class _Errors(io.TextIOBase):
    """Standard error: every whole line is logged."""

    def __init__(self, log):
        self._log, self._rest = log, ""

    def writable(self):
        return True

    def write(self, text):
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._log(line)
        return len(text)

    def close(self):
        if self._rest:
            self._log(self._rest)
            self._rest = ""


class _Output(io.BytesIO):
    """What is written; the text stream above it hands over a few kilobytes at a time."""

    def write(self, piece):
        if self.tell() + len(piece) > ${LIMITS.heldOutputChars}:
            raise OverflowError("${OUTPUT_RULE}")
        return super().write(piece)


def _stream(text):
    """A text stream with the bytes below it, which some scripts read."""
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="\n", write_through=True)


def _run(source, file_name, text, environment, seed, log):
    before = sys.stdin, sys.stdout, sys.stderr, sys.argv, dict(os.environ)
    errors = _Errors(log)
    output = io.TextIOWrapper(_Output(), encoding="utf-8", newline="\n")
    linecache.cache[file_name] = (len(source), None, source.splitlines(True), file_name)
    code = 0
    try:
        sys.stdin, sys.stdout, sys.stderr, sys.argv = _stream(text), output, errors, [file_name]
        os.environ.update(json.loads(environment))
        random.seed(seed)
        try:
            exec(compile(source, file_name, "exec"), {"__name__": "__main__", "__file__": file_name})
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            if isinstance(end.code, str):
                errors.write(end.code + "\n")
        output.flush()
        written = output.buffer.getvalue().decode()
    finally:
        errors.close()
        sys.stdin, sys.stdout, sys.stderr, sys.argv = before[:4]
        os.environ.clear()
        os.environ.update(before[4])
    return json.dumps([code, written])


_run
`;

type RunScript = (
  source: string,
  fileName: string,
  input: string,
  environment: string,
  seed: string,
  log: (line: string) => void,
) => string;

/** @returns Makes a command of a script's source. */
export function pythonScripts(python: Python): (source: string, fileName: string) => Command {
  const run = python.runPython(RUN_SCRIPT) as RunScript;
  return (source, fileName) => (input, environment, context) => {
    const seed = environment.mapreduce_task_id ?? "";
    const [code, output] = called(() =>
      run(source, fileName, input, JSON.stringify(environment), seed, (line) => context.log(line)),
    );
    if (code !== 0) throw new Error(`The script ended with exit code ${code}`);
    return output;

    function called(call: () => string): [code: number, output: string] {
      try {
        return JSON.parse(call()) as [number, string];
      } catch (error) {
        throw pythonError(error, fileName);
      }
    }
  };
}
