/** Sends what a program writes to the console to the log of the task that runs. */
import { LIMITS } from "../../protocol/limits";
import { lineOf } from "./context";

const METHODS = ["log", "info", "debug", "warn", "error", "trace", "dir", "table"] as const;

/** @param currentLogs The list of the running task; lines beyond LIMITS.logLines are dropped. */
export function captureConsole(target: Console, currentLogs: () => string[]): void {
  for (const method of METHODS) {
    target[method] = (...values: unknown[]) => {
      const logs = currentLogs();
      if (logs.length < LIMITS.logLines) logs.push(lineOf(values));
    };
  }
}
