/**
 * What a job has learnt about volunteers in general, and so about one it knows nothing of.
 *
 * Three numbers describe them: how many lie, how often those lie, and how many of those behave until they
 * are trusted. Each starts from a cautious guess that counts as much as a few volunteers, and moves as
 * liars are caught. Only + - * / are used: every machine gets the same numbers.
 */
export interface Population {
  /** Volunteers with at least one output that was compared. */
  compared: number;
  caught: number;
  /** Of those caught, who had been trusted before. */
  caughtLate: number;
  /** Outputs of those caught that agreed before; of those caught late, since they were trusted. */
  agreedOfCaught: number;
  /** Lies that the estimate expected in the compared outputs of volunteers that were trusted, of late. */
  expectedLies: number;
  /** And those that were found. */
  foundLies: number;
}

export const NEW_POPULATION: Population = {
  compared: 0,
  caught: 0,
  caughtLate: 0,
  agreedOfCaught: 0,
  expectedLies: 0,
  foundLies: 0,
};

/** Before anything is known, one volunteer in ten is taken for a liar, with the weight of ten volunteers. */
export function liarShare({ compared, caught }: Population): number {
  return (1 + caught) / (10 + compared);
}

/** Of the liars, the share that behaves well first: a quarter, with the weight of four liars. */
export function sleeperShare({ caught, caughtLate }: Population): number {
  return (1 + caughtLate) / (4 + caught);
}

/**
 * How seldom liars lie: the `b` of a Beta(1, b) distribution of their lying rates, whose mean is 1 / (1 + b).
 *
 * At first 1, with the weight of two liars: every rate from 0 to 1 is as likely. A liar that lies at rate s
 * agrees (1 - s) / s times, on average, before its first lie is compared, and that is `b` for a mean of s.
 */
export function lieRarity({ caught, agreedOfCaught }: Population): number {
  return (2 + agreedOfCaught) / (2 + caught);
}

/** How much of what was expected and found an earlier comparison still counts, after each one. */
const MEMORY = 1 - 1 / 2_000;

/** Notes that an output of a volunteer that had been trusted was compared. */
export function noteComparison(population: Population, expected: number, isLie: boolean): void {
  population.expectedLies = population.expectedLies * MEMORY + expected;
  population.foundLies = population.foundLies * MEMORY + (isLie ? 1 : 0);
}

/**
 * By how much the estimate has to be raised: lies found over lies expected, among trusted volunteers.
 *
 * Whatever liars do that the model does not think of shows here. At least 1, and 1 with the weight of two lies.
 */
export function surprise({ expectedLies, foundLies }: Population): number {
  return Math.max(1, (2 + foundLies) / (2 + expectedLies));
}
