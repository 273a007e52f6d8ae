/**
 * Mixes tasks that want a further copy, so that nobody chooses whom a task is shared with: who asks right after an accomplice would be given
 * its tasks, if they were handed out in the order in which they were begun.
 *
 *   a task wants a copy ──▶ among up to 128 others ── one of them by chance, for each that comes ──▶ `Stage.wants`, in order
 *                                              └── one by chance ──▶ a volunteer that finds nothing else
 *
 * Colluders that sit together are split by that: each meets another one by as much chance as anybody (random assignment, as in
 * Sarmenta 2001). With few volunteers nothing is mixed: it would not help, and tasks would wait.
 */
import type { Grid, Stage } from "./grid";
import type { WantDecision } from "./want-log";

export interface Mixed {
  readonly index: number;
  readonly round: number;
}

/** Tasks among which one is drawn: as many as a part of the volunteers begins at a time, so that none waits for longer than a task takes. */
const MOST = 128;
const PART = 4;
/** Fewer volunteers than these meet each other all the time. */
export const FEW = 16;

/** A task wants a copy more. @param isDry True when nothing is left that would be handed out meanwhile. */
export function mixIn(grid: Grid, stage: Stage, want: Mixed, isDry: boolean): void {
  const { mixing, wants } = stage;
  const { size } = grid.volunteers;
  const depth = isDry || size < FEW ? 0 : Math.min(MOST, Math.floor(size / PART));
  mixing.push(want);
  while (mixing.length > depth) {
    const { index, round } = drawOut(mixing, Math.floor(grid.mixer.between(0, mixing.length)));
    wants.push(index, round);
  }
}

/** One of them, by chance, for a volunteer that finds nothing else. O(128). */
export function takeMixed(grid: Grid, { mixing }: Stage, decide: WantDecision<number>): number | null {
  let place = Math.floor(grid.mixer.between(0, mixing.length));
  for (let left = mixing.length; left > 0; left--) {
    const { index, round } = mixing[place] ?? NONE;
    const decision = decide(index, round);
    if (decision === "take") {
      drawOut(mixing, place);
      return index;
    }
    // Only those that were looked at, or come last, move up: each is looked at once.
    if (decision === "drop") mixing.splice(place, 1);
    place = place > 0 ? place - 1 : mixing.length - 1;
  }
  return null;
}

/** True when `takeMixed` would find one. */
export function hasMixed({ mixing }: Stage, decide: WantDecision<number>): boolean {
  return mixing.some(({ index, round }) => decide(index, round) === "take");
}

const NONE: Mixed = { index: -1, round: -1 };

/** The last one takes its place. */
function drawOut(mixing: Mixed[], place: number): Mixed {
  const drawn = mixing[place] ?? NONE;
  const last = mixing.pop();
  if (last && place < mixing.length) mixing[place] = last;
  return drawn;
}
