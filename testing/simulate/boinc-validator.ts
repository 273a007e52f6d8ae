/**
 * BOINC's adaptive replication, to compare with; the product does not use it.
 *
 * A host counts its consecutive valid results. Above ten, a task first given to it goes out alone with
 * probability 1 - 1/n; all others need two that agree. Only compared results raise the count, an invalid one resets it.
 * Nobody is excluded, and nothing is looked at again.
 */
import type { VolunteerId } from "../../protocol/ids";
import type { Chance } from "../../core/chance";
import { judge, type ValidationPolicy } from "../../core/judge";
import { contradicted, type Validator } from "../../core/validator";

const TRUSTED_ABOVE = 10;

export function createBoincValidator(policy: ValidationPolicy, chance: Chance): Validator {
  const consecutive = new Map<VolunteerId, number>();
  return {
    admits: () => true,
    isProven: () => true,
    drawCheck(volunteerId) {
      const valid = consecutive.get(volunteerId) ?? 0;
      return valid <= TRUSTED_ABOVE || chance.happens(1 / valid);
    },
    drawSpotCheck: () => false,
    learnChecked: () => [],
    judge(task, isChecked) {
      const quorum = isChecked ? 2 : 1;
      return judge(task, { ...policy, quorum, copies: quorum });
    },
    learn(_index, _task, { valid, invalid }) {
      for (const volunteerId of invalid) consecutive.set(volunteerId, 0);
      if (valid.length < 2) return [];
      for (const { volunteerId } of valid)
        consecutive.set(volunteerId, (consecutive.get(volunteerId) ?? 0) + 1);
      return [];
    },
    distrust: () => [],
    clear: () => {},
    doubtAgain: () => [],
    contradict: contradicted,
    newcomersNeeded: () => 2,
    standing: () => null,
    agreed: () => [],
    review: () => [],
  };
}
