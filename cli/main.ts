/** Entry of the command `tabgrid`, bundled to dist/cli.mjs. */
import { runCommandLine } from "./command-line";
import { EXIT } from "./exit-codes";
import { InterruptedError } from "./failures";

/** Put in by the build. */
declare const __VERSION__: string;

const interrupted = new AbortController();

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The second time, whatever is still being tidied up is left.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort(new InterruptedError("interrupted"));
  });
}

// `tabgrid result … | head` closes our output: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
});

const exitCode = await runCommandLine(process.argv.slice(2), {
  version: __VERSION__,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interrupted.signal,
});

// A volunteer's agent has timers that go on for ever. What was written leaves first.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
