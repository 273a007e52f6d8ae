/** The ways to validate that are compared. */
import { validatorFor } from "../../core/validator";
import type { ValidationPolicy } from "../../core/judge";
import { policy } from "../builders";
import { createBoincValidator } from "./boinc-validator";

export interface ComparedPolicy {
  policy: ValidationPolicy;
  makeValidator: typeof validatorFor;
}

// Liars use up errors and answers, and must not be able to end a job by that.
const ENOUGH = { maxErrors: 100, maxCopies: 100 };

export function comparedPolicy(name: string, maxErrorRate: number): ComparedPolicy | null {
  switch (name) {
    case "quorum2":
      return { policy: policy({ ...ENOUGH, quorum: 2 }), makeValidator: validatorFor };
    case "quorum3":
      return { policy: policy({ ...ENOUGH, quorum: 3 }), makeValidator: validatorFor };
    case "boinc":
      return { policy: policy(ENOUGH), makeValidator: createBoincValidator };
    case "tabgrid":
      return { policy: policy({ ...ENOUGH, adaptive: { maxErrorRate } }), makeValidator: validatorFor };
    default:
      return null;
  }
}
