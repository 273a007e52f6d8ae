/**
 * How probable it is that an output is wrong, given what its volunteers have shown.
 *
 * After L. F. G. Sarmenta, "Sabotage-Tolerance Mechanisms for Volunteer Computing Systems" (CCGrid 2001; Future
 * Generation Computer Systems 18(4), 2002): volunteers have a credibility that grows with checks passed,
 * answers to a task form groups, and a group is accepted when its credibility reaches a threshold.
 * There, a volunteer of k passed checks, where those caught are excluded, errs with at most
 * f / ((1 - f) · k · e): the worst of all lying rates at every k. Here the rate s of a liar is unknown but
 * fixed, with density Beta(1, b), which falls with k² instead of k, and f and b are learnt (`population.ts`):
 *
 *   chance that all k agree, of a liar       E[(1 - s)^k]      = b / (b + k)
 *   and that the next output is wrong        E[s · (1 - s)^k]  = b / ((b + k) · (b + k + 1))
 */
import { liarShare, lieRarity, sleeperShare, surprise, type Population } from "./population";

/** What a volunteer's compared outputs have shown; those that nobody compared count for nothing. */
export interface Evidence {
  /** Compared outputs that agreed, all of them. */
  agreed: number;
  /** Of these, those since it was first believed alone: a random sample of what it has done since. */
  sampled: number;
}

/** Chance that the volunteer is a liar, by all of its compared outputs: Bayes' rule. From 0 to 1. */
export function chanceOfLiar(population: Population, { agreed }: Evidence): number {
  const f = liarShare(population);
  const b = lieRarity(population);
  const liar = (f * b) / (b + agreed);
  return liar / (1 - f + liar);
}

/** Chance that one further output is wrong, if its volunteer is a liar: the mean of s, given that k agreed. */
export function chanceOfLie(population: Population, { agreed }: Evidence): number {
  return 1 / (lieRarity(population) + agreed + 1);
}

/**
 * Chance that one of the outputs that the volunteer gave alone is wrong, if it may have behaved well only
 * until it was trusted.
 *
 * What it did before then says nothing about such a sleeper. Its outputs since were compared at random,
 * without it knowing which: of them, any pattern in time of the same number of lies is as likely to be found.
 */
export function chanceOfWrongAlone(population: Population, { agreed, sampled }: Evidence): number {
  const f = liarShare(population);
  const b = lieRarity(population);
  const sleepers = sleeperShare(population);
  const open = ((1 - sleepers) * b) / (b + agreed);
  const asleep = (sleepers * b) / (b + sampled);
  const wrong = f * (open / (b + agreed + 1) + asleep / (b + sampled + 1));
  return (surprise(population) * wrong) / (1 - f + f * (open + asleep));
}

/**
 * Odds that what these volunteers agree on is right, against all of them being liars that lie together here.
 *
 * @param members One or more; none gives odds of 0.
 */
export function oddsOfGroup(population: Population, members: readonly Evidence[]): number {
  if (members.length === 0) return 0;
  let allHonest = 1;
  let allLiars = 1;
  let lie = 1;
  for (const member of members) {
    const liar = chanceOfLiar(population, member);
    allHonest *= 1 - liar;
    allLiars *= liar;
    lie = Math.min(lie, chanceOfLie(population, member));
  }
  return allHonest / (allLiars * lie);
}

/**
 * Chance that a group's answer is wrong, when other groups answer otherwise: Sarmenta's conditional
 * probability that group a is right, and each other group wrong, among all ways in which at most one is
 * right. With the odds r of the groups this is 1 - r_a / (1 + Σ r).
 *
 * @param odds Of every group, the one in question among them.
 */
export function errorOfGroup(own: number, odds: readonly number[]): number {
  const all = odds.reduce((sum, one) => sum + one, 0);
  return (1 + all - own) / (1 + all);
}
