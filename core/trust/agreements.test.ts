import fc from "fast-check";
import { expect, it } from "vitest";
import { digest, policy, returnedBy, volunteer } from "../../testing/builders";
import { seededChance } from "../chance";
import { createAdaptiveValidator } from "./adaptive-validator";
import { Agreements } from "./agreements";
import { Digests } from "./digests";

const adaptive = { maxErrorRate: 0.01 };

/** @returns Has some agree on a task, against others that said otherwise; then which tasks are in doubt by that. */
function openRecords() {
  const validator = createAdaptiveValidator(policy({ adaptive }), adaptive, seededChance(1));
  return (index: number, names: readonly string[], said: string, against: readonly string[] = []) => {
    const [first, ...others] = names.map((name) => returnedBy(name, said));
    if (!first) throw new Error("Nobody agrees");
    const valid = [first, ...others];
    const copies = [...valid, ...against.map((name) => returnedBy(name, "otherwise"))];
    const task = { state: "accepted", copies, digest: first.digest } as const;
    const invalid = against.map(volunteer);
    const doubts = validator.learn(index, task, { type: "accept", output: first, valid, invalid });
    return doubts.map((doubt) => `map/${doubt.index}`);
  };
}

it("[TR73] looks again at what two agreed on when one of them is caught, and nothing much is known of the other", () => {
  const agree = openRecords();
  agree(0, ["ada", "bo"], "lie");
  agree(1, ["cy", "di"], "x");
  expect(agree(2, ["cy", "di", "ed"], "x", ["ada"])).toEqual(["map/0"]);
});

it("[TR74] leaves an agreement with somebody proven alone, until that one is caught as well", () => {
  const agree = openRecords();
  agree(0, ["ada", "bo"], "lie");
  for (let index = 1; index <= 20; index++) agree(index, ["bo", "cy", "di"], "x");
  expect(agree(21, ["cy", "di", "ed"], "x", ["ada"])).toEqual([]);
  expect(agree(22, ["cy", "di", "ed"], "x", ["bo"])).toEqual(["map/0"]);
});

it("[TR75] knows of each task by whom it was agreed on last, in whatever order tasks are agreed on and looked at again", () => {
  const names = fc.constantFrom(...["ada", "bo", "cy", "di", "ed"].map(volunteer));
  const index = fc.integer({ min: 0, max: 3_000 });
  const step = fc.record({
    index,
    voters: fc.uniqueArray(names, { minLength: 2 }),
    type: fc.constantFrom("add", "add", "remove", "fall", "clear"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), names, (steps, trusted) => {
      const agreements = new Agreements(new Digests());
      const known = new Map<number, readonly string[]>();
      for (const { index: task, voters, type } of steps) {
        const [caught = trusted] = voters;
        if (type === "add") agreements.add({ index: task, digest: digest(`${task}`), voters });
        if (type === "add") known.set(task, voters);
        if (type === "remove") agreements.remove(task);
        if (type === "remove") known.delete(task);
        if (type === "clear") agreements.clear();
        if (type === "clear") known.clear();
        if (type !== "fall") continue;
        const fallen = agreements.takeFallen(caught, (each) => each.includes(trusted));
        const expected = [...known].filter(([, each]) => each.includes(caught) && !each.includes(trusted));
        expect(new Map(fallen.map((each) => [each.index, each.voters]))).toEqual(new Map(expected));
        expect(fallen.every((each) => each.digest === `${each.index}`)).toBe(true);
        for (const [fell] of expected) known.delete(fell);
      }
    }),
    { numRuns: 300 },
  );
});

it("[TR76] keeps who agreed on a task in 40 bytes for four volunteers, beside the digest", () => {
  const tasks = 200_000;
  const crowd = Array.from({ length: 1_000 }, (_, number) => volunteer(`volunteer ${number}`));
  const said = digest("a".repeat(64));
  const agreements = new Agreements(new Digests());
  for (let index = 0; index < tasks; index++) {
    const voters = crowd.slice((index * 4) % crowd.length).slice(0, 4);
    agreements.add({ index, digest: said, voters });
  }
  expect(agreements.bytes / tasks).toBeLessThan(40);
  expect(agreements.takeFallen(volunteer("volunteer 5"), () => false)).toHaveLength(tasks / 250);
});
