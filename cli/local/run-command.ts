/** `run --local`: the job in threads of this process, printed as from the grid. */
import { availableParallelism } from "node:os";
import { linesOf } from "../../server/http/ndjson-lines";
import { taskIdParts } from "../../protocol/ids";
import type { Submission } from "../../sdk/submit";
import { printLines, type PrintOptions } from "../follow";
import { openTaskBar, type TaskBar } from "../progress";
import { writeLine, type CommonOptions, type Terminal } from "../terminal";
import { prepareLocal } from "./run-local";
import { openThreadPool } from "./thread-pool";

export interface LocalOptions extends CommonOptions, PrintOptions {
  readonly logs?: boolean;
  readonly threads?: number;
}

/** @throws {JobFailedError | RefusedError} As on the grid. */
export async function runLocal(
  submission: Submission,
  terminal: Terminal,
  options: LocalOptions,
): Promise<void> {
  const { stderr, signal } = terminal;
  const threads = options.threads ?? availableParallelism();
  const pool = await openThreadPool(threads);
  const stop = () => void pool.close();
  signal.addEventListener("abort", stop);
  let skipped = 0;
  let bar: TaskBar | null = null;
  const run = await prepareLocal(submission, {
    openRunTask: ({ spec }, blocks) => pool.open(spec, blocks),
    ahead: 2 * threads,
    onTask(outcome) {
      if (outcome.type === "error") skipped += 1;
      // How much there is to do is known once it has been split.
      if (taskIdParts(outcome.taskId).stage !== "split") bar?.step();
      if (options.logs && "logs" in outcome)
        for (const line of outcome.logs ?? []) {
          const write = () => void stderr.write(`${line}\n`);
          if (bar) bar.around(write);
          else write();
        }
    },
  }).catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  bar = openTaskBar(terminal, options, run.taskCount);
  try {
    await printLines(eachLine(run.result()), terminal, options);
    if (skipped > 0 && !options.quiet) await writeLine(stderr, `${skipped} tasks failed and were skipped`);
  } finally {
    signal.removeEventListener("abort", stop);
    bar.close();
    await pool.close();
  }
}

async function* eachLine(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const lines of linesOf(bytes)) yield* lines;
}
