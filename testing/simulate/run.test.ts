/** Policies compared on a small grid; docs/TRUST.md has the large one. */
import { describe, expect, it } from "vitest";
import { comparedPolicy } from "./policies";
import { runLarge, type RunResult } from "./run";
import { SCENARIOS } from "./scenarios";

const BOUND = 1e-4;
const SIZE = { volunteers: 100, tasks: 10_000, seed: 1 };

function run(scenario: string, policy: string, size: Partial<typeof SIZE> = {}): RunResult {
  return runLarge(worldOf(scenario), policyOf(policy), { ...SIZE, ...size });
}

function worldOf(scenario: string) {
  const world = SCENARIOS[scenario];
  if (!world) throw new Error(`There is no scenario ${scenario}`);
  return world;
}

function policyOf(policy: string) {
  const compared = comparedPolicy(policy, BOUND);
  if (!compared) throw new Error(`There is no policy ${policy}`);
  return compared;
}

describe("npm run simulate", { timeout: 60_000 }, () => {
  it("[TR19] gives the same figures for the same seed, and others for another", () => {
    const figures = ({ cpuMicrosPerEvent: _cpu, rssMb: _rss, ...rest }: RunResult) => rest;
    const first = figures(run("liars", "tabgrid", { tasks: 1_000 }));
    expect(figures(run("liars", "tabgrid", { tasks: 1_000 }))).toEqual(first);
    expect(figures(run("liars", "tabgrid", { tasks: 1_000, seed: 2 }))).not.toEqual(first);
  });

  it.each(["calm", "churn", "stragglers", "diurnal"])(
    "[TR20] ends the job of the scenario %s",
    (scenario) => {
      expect(run(scenario, "tabgrid", { tasks: 2_000 })).toMatchObject({
        state: "completed",
        wrongAccepted: 0,
      });
    },
  );

  it.each([
    "liars",
    "liars-20",
    "liars-always",
    "colluders",
    "sleepers",
    "colluders-fast",
    "colluders-fast-always",
  ])("[TR21] keeps the bound against %s, with fewer copies than a quorum of two", (scenario) => {
    const result = run(scenario, "tabgrid");
    expect(result.state).toBe("completed");
    expect(result.wrongAccepted).toBeLessThanOrEqual(BOUND * SIZE.tasks);
    expect(result.copiesPerTask).toBeLessThan(2);
  });

  it("[TR33] keeps the bound against colluders that all ask at the same moments, with fewer copies than a quorum of two", () => {
    const result = run("colluders-together", "tabgrid", { volunteers: 500, tasks: 30_000 });
    expect(result.state).toBe("completed");
    // docs/TRUST.md has more seeds. Handed out in order, tasks give them more than twenty times the bound.
    expect(result.wrongAccepted).toBeLessThanOrEqual(BOUND * 30_000);
    expect(result.copiesPerTask).toBeLessThan(2);
  });

  it("[TR34] keeps the bound against colluders that compute nothing and come when others are proven, or behave until they are proven themselves", () => {
    for (const scenario of ["colluders-fast-late", "colluders-fast-sleeping"]) {
      const result = run(scenario, "tabgrid");
      expect(result.state).toBe("completed");
      expect(result.wrongAccepted).toBeLessThanOrEqual(BOUND * SIZE.tasks);
      expect(result.honestCaught).toBe(0);
    }
  });

  it("[TD11] ends a job with stragglers much sooner by giving the tasks of its tail out twice, for few more copies", () => {
    const doubled = run("stragglers", "quorum2", { tasks: 4_000 });
    const waited = runLarge(worldOf("stragglers"), policyOf("quorum2"), {
      ...SIZE,
      tasks: 4_000,
      doublesTail: false,
    });
    expect(doubled.makespanRatio).toBeLessThan(waited.makespanRatio * 0.75);
    expect(doubled.copiesPerTask).toBeLessThan(waited.copiesPerTask * 1.03);
  });

  it("[TR22] leaves fewer wrong outputs than BOINC's rule, with fewer copies", () => {
    const ours = run("liars", "tabgrid", { volunteers: 50, seed: 2 });
    const boinc = run("liars", "boinc", { volunteers: 50, seed: 2 });
    expect(ours.wrongAccepted).toBeLessThan(boinc.wrongAccepted);
    expect(ours.copiesPerTask).toBeLessThan(boinc.copiesPerTask);
  });
});
