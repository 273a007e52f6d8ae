import { describe, expect, it } from "vitest";
import * as z from "zod";
import { describeIssues, GridError, isGridError, PROBLEMS, toProblem } from "./problems";

describe("toProblem", () => {
  it("[PV2] says of a failure we expect what it is, with its status, detail and extras", () => {
    const error = new GridError("program-invalid", "Unexpected token", { line: 3, column: 7 });
    expect(toProblem(error)).toEqual({
      type: "/problems/program-invalid",
      title: "The program cannot run",
      status: 422,
      detail: "Unexpected token",
      line: 3,
      column: 7,
    });
  });

  it("[PV3] says nothing of a bug but that there was one", () => {
    for (const bug of [new Error("password is hunter2"), "text", null, undefined]) {
      expect(toProblem(bug)).toEqual({
        type: "/problems/internal",
        title: "Something went wrong on our side",
        status: 500,
      });
    }
  });

  it("[PV4] tells an expected failure by its code, also when another bundle made it", () => {
    const foreign = Object.assign(new Error("gone"), {
      name: "GridError",
      code: "job-not-found",
      extras: {},
    });
    expect(toProblem(foreign)).toMatchObject({ status: 404, detail: "gone" });
    expect(isGridError(Object.assign(new Error(), { name: "GridError", code: "toString" }))).toBe(false);
    expect(isGridError(Object.assign(new Error(), { code: "job-not-found" }))).toBe(false);
  });

  it("[PV5] has an error status and a title for every problem", () => {
    for (const { status, title } of Object.values(PROBLEMS)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
    }
  });
});

describe("describeIssues", () => {
  const schema = z.object({ options: z.object({ quorum: z.int().min(1, { error: "must be from 1" }) }) });
  const describeIn = (input: unknown) => {
    const { error } = schema.safeParse(input);
    return error && describeIssues(error, input);
  };

  it("[PV6] says where, which rule, and what was seen", () => {
    expect(describeIn({ options: { quorum: 0 } })).toBe("options.quorum: must be from 1; got 0");
  });

  it("[PV7] does not repeat what is missing or long, and names the whole body as `body`", () => {
    expect(describeIn({})).not.toContain("got");
    expect(describeIn("x".repeat(100))).toMatch(/^body: /);
    expect(describeIn("x".repeat(100))).not.toContain("xxx");
  });
});
