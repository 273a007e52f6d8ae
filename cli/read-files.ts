/** What the command line names: files, and JSON in them or in itself. */
import { readFile } from "node:fs/promises";
import { Json } from "../protocol/json";
import { UsageError } from "./failures";

/** `--config`: JSON, or a file behind an @. @throws {UsageError} If there is no such file, or it is not JSON. */
export async function readConfig(text: string | undefined): Promise<Json> {
  return text === undefined ? null : readJson(text, "--config");
}

/** JSON, or that of a file behind an @. @param option Its name. @throws {UsageError} If there is no such file, or it is not JSON. */
export async function readJson(text: string, option: string): Promise<Json> {
  if (!text.startsWith("@")) return parseJson(text, option);
  const file = text.slice(1);
  return parseJson(await readTextFile(file), file);
}

/** @param where What the message calls it. @throws {UsageError} */
export function parseJson(text: string, where: string): Json {
  try {
    return Json.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${where} must be JSON: ${reason}`, { cause: error });
  }
}

/** @throws {UsageError} If it cannot be read. */
export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

export function unreadable(file: string, error: unknown): UsageError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const reason =
    code === "ENOENT"
      ? "there is no such file"
      : code === "EISDIR"
        ? "it is a folder"
        : error instanceof Error
          ? error.message
          : String(error);
  return new UsageError(`${file} cannot be read: ${reason}`, { cause: error });
}
