/** The lines that match a regular expression, in their order, each under its number. */

let pattern = null;

export function map(line, { config }) {
  pattern ??= new RegExp(config.pattern, config.flags ?? "u");
  return pattern.test(line) ? line : undefined;
}
