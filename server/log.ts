/**
 * The server's log: JSON lines on stdout, one object per event.
 *
 * Route handlers are bundled apart and get an instance of their own; both write
 * whole lines to the same file, so the lines do not mix.
 */
import { pino } from "pino";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export const log = pino({
  level: chosenLevel(),
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

/** Set by TABGRID_LOG_LEVEL. A wrong value stops the start (`readConfig`); until that says so, it counts as none. */
function chosenLevel(): string {
  return LOG_LEVELS.find((level) => level === process.env.TABGRID_LOG_LEVEL) ?? "info";
}
