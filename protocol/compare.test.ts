import { describe, expect, it } from "vitest";
import { SubmitJob } from "./job";

const refusalOf = (options: object) => {
  const job = { program: { source: "export const map = (x) => x" }, input: { items: [1] }, options };
  return (
    SubmitJob.safeParse(job)
      .error?.issues.map(({ message }) => message)
      .join("; ") ?? null
  );
};

describe("how copies are compared", () => {
  it.each([
    [{ paths: {} }, "must have absolute, relative, unordered: true or at least one of paths"],
    [{ unordered: false }, "must have absolute, relative, unordered: true or at least one of paths"],
    [{ paths: { "/a": {} } }, "must have absolute, relative, unordered or ignore: true"],
    [{ paths: { "/a": { ignore: false } } }, "must have absolute, relative, unordered or ignore: true"],
    [{ relative: 1 }, "must be a number from 0 and below 1"],
  ])("[CM18] is refused when it says nothing, or that all is alike: %j", (compare, message) => {
    expect(refusalOf({ compare })).toContain(message);
  });

  it.each([
    { absolute: 0 },
    { absolute: 1, unordered: false },
    { unordered: true, paths: { "/a": { unordered: false } } },
    { paths: { "/a": { ignore: true } } },
  ])("[CM19] is taken when it says something: %j", (compare) => {
    expect(refusalOf({ compare })).toBeNull();
  });

  it("[CM20] is refused among engines that compute alike where nothing is compared", () => {
    expect(refusalOf({ sameEngine: true, quorum: 1 })).toContain("sameEngine needs a quorum of at least 2");
    expect(refusalOf({ sameEngine: true, quorum: 2 })).toBeNull();
    expect(refusalOf({ sameEngine: true, quorum: 1, maxErrorRate: 0.01 })).toBeNull();
  });
});
