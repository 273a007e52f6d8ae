import { expect, it } from "vitest";
import { policy, returnedBy, volunteer } from "../../testing/builders";
import { seededChance } from "../chance";
import { createAdaptiveValidator } from "./adaptive-validator";

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
