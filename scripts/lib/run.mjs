/** Runs the commands that the scripts are made of. */
import { spawn } from "node:child_process";

/** A command that ended badly. Its output has been printed. */
export class StepFailed extends Error {}

/**
 * Runs a step quietly: one line while it works, and all it printed only if it fails.
 *
 * @param {string} title What the step does, for people.
 * @param {string} command
 * @param {string[]} parameters
 * @param {Record<string, string>} [environment] Added to the current one.
 * @returns {Promise<string>} What it printed.
 * @throws {StepFailed}
 */
export async function runStep(title, command, parameters, environment = {}) {
  const startedAt = performance.now();
  process.stdout.write(`${title} … `);
  const { code, output } = await run(command, parameters, { environment, capture: true });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code === 0) {
    console.log(`${seconds} s`);
    return output;
  }
  console.log(`failed after ${seconds} s\n${output}`);
  throw new StepFailed(`${title}: \`${[command, ...parameters].join(" ")}\` ended with code ${code}.`);
}

/**
 * Runs a command to its end, passing on the signals that should end it.
 *
 * @returns {Promise<{ code: number, output: string }>} The exit code, and what it printed if `capture` is set.
 */
export function run(command, parameters, { environment = {}, capture = false } = {}) {
  const stdio = capture ? ["ignore", "pipe", "pipe"] : "inherit";
  const child = spawn(command, parameters, { stdio, env: { ...process.env, ...environment } });
  const forward = (signal) => child.kill(signal);
  process.on("SIGINT", forward).on("SIGTERM", forward);
  const chunks = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  child.stderr?.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    const finish = (code, note = "") => {
      process.off("SIGINT", forward).off("SIGTERM", forward);
      resolve({ code, output: Buffer.concat(chunks).toString("utf8") + note });
    };
    child.on("error", (error) => finish(127, error.message));
    child.on("close", (code, signal) => finish(code ?? 1, signal ? `ended by ${signal}` : ""));
  });
}

/** Runs a script's main function; an expected failure ends the process with a message instead of a stack. */
export async function main(act) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
