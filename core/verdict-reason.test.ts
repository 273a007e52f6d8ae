import { describe, expect, it } from "vitest";
import { digest, volunteer } from "../testing/builders";
import { reasonOf, type JudgedCopy, type JudgedTask } from "./verdict-reason";

function copy(name: string, verdict: JudgedCopy["verdict"], changes: Partial<JudgedCopy> = {}): JudgedCopy {
  return {
    volunteerId: volunteer(name),
    state: "returned",
    verdict,
    digest: digest("x"),
    isPast: false,
    ...changes,
  };
}

function reason(one: JudgedCopy, others: readonly JudgedCopy[], changes: Partial<JudgedTask> = {}): string {
  const task = { isSkipped: false, isTolerant: false, isAdaptive: false, hasEnded: false, ...changes };
  return reasonOf(one, { digest: digest("x"), copies: [one, ...others], ...task });
}

describe("the reason of a verdict", () => {
  it("[VR1] of a valid copy is how many others agree with it, and by which comparison", () => {
    expect(reason(copy("ada", "valid"), [copy("bo", "valid")])).toBe(
      "Has the same digest as the output of one other volunteer, and was accepted.",
    );
    const tolerant = reason(copy("ada", "valid"), [copy("bo", "valid"), copy("cy", "valid")], {
      isTolerant: true,
    });
    expect(tolerant).toContain("within the job's tolerance with the output of 2 other volunteers");
  });

  it("[VR2] tells an answer that was believed alone from one that nobody wanted compared", () => {
    expect(reason(copy("ada", "valid"), [], { isAdaptive: true })).toContain("Was believed alone");
    expect(reason(copy("ada", "valid"), [])).toContain("does not validate");
  });

  it("[VR3] of an invalid copy is what stands against it", () => {
    const against = [copy("bo", "valid"), copy("cy", "valid")];
    expect(reason(copy("ada", "invalid", { digest: digest("lie") }), against)).toBe(
      "Differs from the output that was accepted, on which 2 other volunteers agree.",
    );
    expect(reason(copy("ada", "invalid", { state: "failed", digest: null }), against)).toContain(
      "Failed where 2 other volunteers returned",
    );
  });

  it("[VR5] of a copy whose input was corrected is that", () => {
    const past = copy("ada", "valid", { isPast: true });
    expect(reason(past, [copy("bo", "valid")])).toContain("input that was corrected afterwards");
    expect(reason(copy("bo", "valid"), [past], { isAdaptive: true })).toContain("Was believed alone");
  });

  it("[VR4] of a copy without a verdict is what became of it", () => {
    expect(reason(copy("ada", "pending"), [])).toContain("Waits");
    expect(reason(copy("ada", "pending"), [], { hasEnded: true })).toContain("The job ended before");
    expect(reason(copy("ada", "late"), [])).toContain("after the task was decided");
    expect(reason(copy("ada", "none", { state: "lost" }), [])).toContain("Gave no answer");
    expect(reason(copy("ada", "none", { state: "leased" }), [])).toContain("Runs");
    expect(reason(copy("ada", "none"), [])).toContain("pack");
    expect(reason(copy("ada", "valid", { state: "failed" }), [], { isSkipped: true })).toContain(
      "went on without",
    );
  });
});
