/** Whatever happens, one person has one vote. A failure names its seed: add it to the seeds below, with a name. */
import { describe, it } from "vitest";
import { watchVotes } from "../testing/fair-votes";
import { checkGrid } from "../testing/invariants";
import { beginLife } from "../testing/random-life";

const MOVES = 200;
const LIVES = Number(process.env["LIVES"] ?? 60);

/** Lives that went wrong once. */
const SEEDS: Record<string, readonly number[]> = {};

function live(seed: number): void {
  const life = beginLife(seed, { isUnruly: true, watch: watchVotes() });
  try {
    for (let moves = 0; moves < MOVES; moves++) {
      life.move();
      checkGrid(life.grid);
    }
  } catch (cause) {
    throw new Error(`Seed ${seed}`, { cause });
  }
}

describe("no accepted output rests on", () => {
  it("[PA30] votes of two at one address, of two engines, or of who lacks what the job requires, though all answer what they were ever given", () => {
    for (let seed = 0; seed < LIVES; seed++) live(seed);
  });

  it.each(Object.entries(SEEDS))("[PA31] nor those of %s", (_name, seeds) => {
    for (const seed of seeds) live(seed);
  });
});
