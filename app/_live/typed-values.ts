/** What was typed into a form, as the values that it stands for. */
import * as z from "zod";
import { DraftError } from "./draft-error";

/** @throws {DraftError} For what is no number, and for nothing. */
export function numberFrom(field: string, typed: string): number {
  const number = Number(typed);
  if (typed.trim() === "" || !Number.isFinite(number)) throw new DraftError(field, "must be a number");
  return number;
}

/** @throws {DraftError} For what is no JSON. */
export function jsonFrom(field: string, typed: string): z.core.util.JSONType {
  try {
    return z.json().parse(JSON.parse(typed));
  } catch (error) {
    throw new DraftError(
      field,
      `is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Words with commas or spaces between. */
export function wordsFrom(typed: string): string[] {
  return typed.split(/[\s,]+/).filter((word) => word !== "");
}
