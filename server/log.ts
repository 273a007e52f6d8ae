/**
 * The server's log: JSON lines on stdout, one object per event.
 *
 * Route handlers are bundled apart and get an instance of their own; both write
 * whole lines to the same file, so the lines do not mix.
 */
import { pino } from "pino";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

export const log = pino({
  level: chosenLevel(),
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

/** Set by TABGRID_LOG_LEVEL; a wrong value stops the start rather than hide what goes wrong later. */
function chosenLevel(): string {
  const level = process.env.TABGRID_LOG_LEVEL || "info";
  if (!LEVELS.includes(level)) {
    throw new Error(`TABGRID_LOG_LEVEL must be one of ${LEVELS.join(", ")}; got "${level}"`);
  }
  return level;
}
