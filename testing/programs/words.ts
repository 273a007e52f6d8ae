/** A program in a file, for tests of how its types reach those who submit it. */
import type { Context } from "../../sdk/program-types";

export interface Config {
  stopWords: string[];
}

export function map(line: string, { emit, config }: Context<string, number, Config>): void {
  for (const word of line.split(" ")) if (!config.stopWords.includes(word)) emit(word, 1);
}

export function reduce(_word: string, counts: number[]): { count: number } {
  return { count: counts.length };
}
