/** Ends programs that write without end, before the tab's memory does, and in words that name the limit. */
import { LIMITS } from "../../../protocol/limits";

export interface OutputBudget {
  /** @throws {RangeError} If that is more than one run may write. */
  take(chars: number): void;
}

export const OUTPUT_RULE = `One run may write ${LIMITS.heldOutputChars} characters (heldOutputChars). Use smaller chunks, or more reducers`;

export function openBudget(): OutputBudget {
  let left: number = LIMITS.heldOutputChars;
  return {
    take(chars) {
      left -= chars;
      if (left < 0) throw new RangeError(OUTPUT_RULE);
    },
  };
}
