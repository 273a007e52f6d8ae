/** What goes to the program as `context.config`: checked before anything is sent. */
import { Json } from "../protocol/json";

/** @throws {TypeError} With the path of what cannot be sent. */
export function configOf(value: unknown): Json {
  const parsed = Json.safeParse(value ?? null);
  if (parsed.success) return parsed.data;
  throw new TypeError(`config cannot be sent: ${pathOfUnsendable(value, "config")}`);
}

function pathOfUnsendable(value: unknown, path: string): string {
  if (typeof value !== "object" || value === null) return `${path} is ${shown(value)}`;
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) return `${path} is an instance of ${value.constructor.name}`;
  for (const [key, part] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : `.${key}`;
    if (!Json.safeParse(part).success) return pathOfUnsendable(part, `${path}${step}`);
  }
  return `${path} has no form as JSON`;
}

const shown = (value: unknown) => (typeof value === "number" ? String(value) : typeof value);
