/** The worlds that policies are compared in: who comes and goes when, how fast they are, and who lies. */

export interface LargeScenario {
  /** Of the volunteers. */
  liarShare: number;
  /** Of the tasks of a liar, those in which it lies. */
  lyingRate: number;
  /** Tasks that a liar does honestly before it begins to lie. */
  honestFirst: number;
  /** Liars give the same wrong answer to the same tasks, instead of each its own. */
  areColluding: boolean;
  /** And report and ask at the same moments, one right after the other: what is handed out in order, accomplices share. */
  areTogether: boolean;
  /** How many times faster liars answer than others: who computes nothing answers at once. */
  liarSpeed: number;
  /** When liars come, after the others. */
  liarsAfterMs: number;
  /** Of the volunteers, those that are `STRAGGLE` times slower than the others. */
  stragglerShare: number;
  presence: Presence;
}

export type Presence =
  | { type: "stay" }
  /** Visits of random length; who leaves is soon followed by somebody new. At every `exodusMs`, half leave. */
  | { type: "churn"; meanVisitMs: number; exodusMs: number }
  /** All are there for a part of the day, around the same hour. */
  | { type: "diurnal"; dayMs: number; awakeShare: number }
  /** This many more come, some time after the start. */
  | { type: "crowd"; afterMs: number; withinMs: number; volunteers: number };

/** How much longer a straggler takes. */
export const STRAGGLE = 20;

const MINUTE_MS = 60_000;

const CALM: LargeScenario = {
  liarShare: 0,
  lyingRate: 0.3,
  honestFirst: 0,
  areColluding: false,
  areTogether: false,
  liarSpeed: 1,
  liarsAfterMs: 0,
  stragglerShare: 0,
  presence: { type: "stay" },
};

const FAST_COLLUDERS: LargeScenario = { ...CALM, liarShare: 0.1, areColluding: true, liarSpeed: 100 };

export const SCENARIOS: Readonly<Record<string, LargeScenario>> = {
  calm: CALM,
  churn: { ...CALM, presence: { type: "churn", meanVisitMs: 7 * MINUTE_MS, exodusMs: 10 * MINUTE_MS } },
  liars: { ...CALM, liarShare: 0.05 },
  "liars-20": { ...CALM, liarShare: 0.2 },
  "liars-rare": { ...CALM, liarShare: 0.05, lyingRate: 0.03 },
  "liars-always": { ...CALM, liarShare: 0.05, lyingRate: 1 },
  colluders: { ...CALM, liarShare: 0.1, areColluding: true },
  "colluders-together": { ...CALM, liarShare: 0.1, areColluding: true, areTogether: true },
  "colluders-fast": FAST_COLLUDERS,
  "colluders-fast-always": { ...FAST_COLLUDERS, lyingRate: 1 },
  "colluders-fast-late": { ...FAST_COLLUDERS, liarsAfterMs: MINUTE_MS },
  "colluders-fast-sleeping": { ...FAST_COLLUDERS, honestFirst: 50 },
  sleepers: { ...CALM, liarShare: 0.05, honestFirst: 50 },
  "sleepers-20": { ...CALM, liarShare: 0.2, honestFirst: 50 },
  stragglers: { ...CALM, stragglerShare: 0.1 },
  // A day of twenty minutes: at 24 hours, most jobs would see one hour of it.
  diurnal: { ...CALM, presence: { type: "diurnal", dayMs: 20 * MINUTE_MS, awakeShare: 0.6 } },
  "flash-crowd": {
    ...CALM,
    presence: { type: "crowd", afterMs: MINUTE_MS, withinMs: 15_000, volunteers: 10_000 },
  },
};
