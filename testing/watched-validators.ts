/** Validators that fail a test when they are told of an acceptance that their policy does not allow. */
import { expect } from "vitest";
import type { Judgement } from "../core/judge";
import { PROVEN } from "../core/trust/adaptive-validator";
import { validatorFor } from "../core/validator";
import type { VolunteerId } from "../protocol/ids";

/**
 * The real ones, which learn nothing but what they themselves judged so: by a quorum, or with an error bound by two or more, or by
 * one that has shown enough. What each has shown is counted anew here, and never too low.
 *
 * @param onLearn Called for each acceptance.
 */
export function watchedValidators(onLearn: () => void): typeof validatorFor {
  return (policy, chance, isSuspect) => {
    const validator = validatorFor(policy, chance, isSuspect);
    const least = policy.adaptive === null ? policy.quorum : 2;
    const shown = new Map<VolunteerId, number>();
    const show = (id: VolunteerId) => shown.set(id, (shown.get(id) ?? 0) + 1);
    /** Whether the task was a check, by what was said of it. */
    const accepted = new Map<Judgement, boolean>();
    return {
      ...validator,
      judge(task, isChecked) {
        const judgement = validator.judge(task, isChecked);
        if (judgement.type === "accept") accepted.set(judgement, isChecked);
        return judgement;
      },
      learn(index, task, acceptance) {
        const isChecked = accepted.get(acceptance);
        expect(isChecked, `the acceptance of ${index} is what was judged`).toBeDefined();
        const voters = acceptance.valid.map(({ volunteerId }) => volunteerId).filter(validator.admits);
        const [only] = voters;
        const isProven = only !== undefined && (shown.get(only) ?? 0) >= PROVEN;
        const mayBeAlone = policy.adaptive !== null && isChecked === false && isProven;
        expect(voters.length >= least || mayBeAlone, `${index} has ${voters.length} voters`).toBe(true);
        if (voters.length > 1) voters.forEach(show);
        onLearn();
        return validator.learn(index, task, acceptance);
      },
      learnChecked(volunteerId, isRight) {
        if (isRight) show(volunteerId);
        return validator.learnChecked(volunteerId, isRight);
      },
      distrust(volunteerId) {
        shown.delete(volunteerId);
        return validator.distrust(volunteerId);
      },
    };
  };
}
