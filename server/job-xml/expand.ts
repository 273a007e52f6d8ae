/** `${name}` in values, as Hadoop's Configuration has it. */
import { GridError } from "../../protocol/problems";

/** More than so many in one value are taken for a cycle, as there. */
const MOST_STEPS = 20;
const MOST_CHARS = 64 * 1024;
const VARIABLE = /\$\{([^}$\s]+)\}/;

/**
 * Puts other properties' values in place of their names. The first that nobody has stays as it is written, and what follows it too. Of
 * the environment, `${env.NAME:-default}`, nothing is told but the default.
 * @throws {GridError} `invalid-input` when there is no end.
 */
export function expanded(value: string, valueOf: (name: string) => string | undefined): string {
  let text = value;
  for (let step = 0; step < MOST_STEPS; step++) {
    const found = VARIABLE.exec(text);
    if (!found) return text;
    const [whole, name = ""] = found;
    const [, otherwise] = /^env\.\w+:?-(.*)$/.exec(name) ?? [];
    const inner = otherwise ?? valueOf(name);
    if (inner === undefined) return text;
    text = text.slice(0, found.index) + inner + text.slice(found.index + whole.length);
    if (text.length > MOST_CHARS) break;
  }
  const shown = JSON.stringify(value.slice(0, 80));
  throw new GridError(
    "invalid-input",
    `${shown} has no end: variables may be replaced ${MOST_STEPS} times, to ${MOST_CHARS} characters`,
  );
}
