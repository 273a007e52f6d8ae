import { describe, expect, it } from "vitest";
import {
  chanceOfLiar,
  chanceOfLie,
  chanceOfWrongAlone,
  errorOfGroup,
  oddsOfGroup,
  type Evidence,
} from "./credibility";
import { liarShare, lieRarity, NEW_POPULATION, noteComparison, sleeperShare, surprise } from "./population";

const shown = (agreed: number, sampled = 0): Evidence => ({ agreed, sampled });

describe("what is known of volunteers in general", () => {
  it("[TR1] takes one volunteer in ten for a liar at first, and learns the share from those it catches", () => {
    expect(liarShare(NEW_POPULATION)).toBe(0.1);
    expect(liarShare({ ...NEW_POPULATION, compared: 490 })).toBe(0.002);
    expect(liarShare({ ...NEW_POPULATION, compared: 490, caught: 99 })).toBe(0.2);
  });

  it("[TR2] learns from those it catches how seldom liars lie, and how many behave until they are trusted", () => {
    expect(lieRarity(NEW_POPULATION)).toBe(1);
    expect(lieRarity({ ...NEW_POPULATION, caught: 8, agreedOfCaught: 78 })).toBe(8);
    expect(sleeperShare(NEW_POPULATION)).toBe(0.25);
    expect(sleeperShare({ ...NEW_POPULATION, caught: 16, caughtLate: 14 })).toBe(0.75);
  });

  it("[TR3] raises its estimate by as much as it finds more lies of trusted volunteers than it expected", () => {
    const population = { ...NEW_POPULATION };
    for (let compared = 0; compared < 100; compared++) noteComparison(population, 0.01, compared % 10 === 0);
    expect(surprise(population)).toBeCloseTo(12 / 3, 0);
    const known = chanceOfWrongAlone(NEW_POPULATION, shown(9, 9));
    expect(chanceOfWrongAlone(population, shown(9, 9))).toBeCloseTo(known * surprise(population), 12);
    for (let compared = 0; compared < 10_000; compared++) noteComparison(population, 0.001, false);
    expect(surprise(population)).toBe(1);
  });
});

describe("credibility", () => {
  it("[TR4] of an answer given alone grows with the square of the compared outputs that agreed", () => {
    const error = (agreed: number) =>
      chanceOfLiar(NEW_POPULATION, shown(agreed)) * chanceOfLie(NEW_POPULATION, shown(agreed));
    expect(error(0)).toBeCloseTo(0.05, 12);
    expect(error(32)).toBeLessThan(1e-4);
    expect(error(20) / error(41)).toBeCloseTo(4, 0);
  });

  it("[TR5] of answers given alone counts, against sleepers, only what was compared since", () => {
    const before = chanceOfWrongAlone(NEW_POPULATION, shown(1_000, 0));
    const since = chanceOfWrongAlone(NEW_POPULATION, shown(1_000, 100));
    expect(before).toBeGreaterThan(0.01);
    expect(since).toBeLessThan(1e-5);
  });

  it("[TR6] of an agreement is that not all of its volunteers are liars that lie together", () => {
    const odds = oddsOfGroup(NEW_POPULATION, [shown(0), shown(0)]);
    expect(odds).toBeCloseTo((0.9 * 0.9) / (0.1 * 0.1 * 0.5), 9);
    expect(oddsOfGroup(NEW_POPULATION, [])).toBe(0);
    expect(errorOfGroup(odds, [odds])).toBeCloseTo(1 / (1 + odds), 12);
  });

  it("[TR7] of an agreement falls when others answer otherwise", () => {
    expect(errorOfGroup(1_000, [1_000])).toBeLessThan(0.001);
    expect(errorOfGroup(1_000, [1_000, 9])).toBeCloseTo(0.0099, 4);
    expect(errorOfGroup(9, [1_000, 9])).toBeGreaterThan(0.98);
  });
});
