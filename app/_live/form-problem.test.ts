import { describe, expect, test } from "vitest";
import { ApiProblem } from "./api";
import { placeProblem } from "./form-problem";
import { DraftError } from "./draft-error";

function refusal(code: string, detail: string, place = {}) {
  return new ApiProblem({ type: `/problems/${code}`, title: "Refused", status: 400, detail, ...place });
}

describe("a refused submission", () => {
  test("[UI4] shows what a schema refused at the fields it names", () => {
    const detail = "options.quorum: must be a whole number from 1 to 9; got 0; config: must be JSON";
    const { fields, message } = placeProblem(refusal("invalid-input", detail));
    expect([...fields]).toEqual([
      ["options.quorum", "must be a whole number from 1 to 9; got 0"],
      ["config", "must be JSON"],
    ]);
    expect(message).toBeNull();
  });

  test("[UI5] shows a program's problem at its line and column", () => {
    const { program } = placeProblem(refusal("program-invalid", "Unexpected token", { line: 3, column: 9 }));
    expect(program).toEqual({ message: "Unexpected token", line: 3, column: 9 });
  });

  test("[UI6] shows beside the button what belongs to no field", () => {
    expect(placeProblem(refusal("overloaded", "Too many jobs")).message).toBe("Too many jobs");
    expect(placeProblem(refusal("invalid-input", "The input has no records")).message).toBe(
      "The input has no records",
    );
  });

  test("[UI7] shows text that cannot be sent at its own field", () => {
    const { fields } = placeProblem(new DraftError("config", "is not valid JSON"));
    expect([...fields]).toEqual([["config", "is not valid JSON"]]);
  });

  test("[UI62] shows what is wrong with the job whose result is wanted where that is named", () => {
    const { fields } = placeProblem(refusal("job-not-finished", "job_0123456789abcdef is running"));
    expect([...fields]).toEqual([["input.result", "job_0123456789abcdef is running"]]);
  });
});
