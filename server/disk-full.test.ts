import { describe, expect, it } from "vitest";
import { GridError, isPassing } from "../protocol/problems";
import { diskFull, isDiskFull, namingFullDisk } from "./disk-full";

const coded = (code: string, cause?: unknown) =>
  Object.assign(new Error("write failed", cause === undefined ? {} : { cause }), { code });

describe("a full disk", () => {
  it.each([
    ["a file's write", coded("ENOSPC")],
    ["a quota of the system's", coded("EDQUOT")],
    ["a file that may not grow", coded("EFBIG")],
    ["the database's driver", coded("SQLITE_FULL")],
    ["Prisma", new Error("Database error. Code: `13`. Message: `SQLITE_FULL: database or disk is full`")],
    ["what caused another error", coded("P2000", coded("ENOSPC"))],
    ["the refusal itself", diskFull(coded("ENOSPC"))],
  ])("[FM1] is known by %s, and told as a refusal that may pass", (_, error) => {
    expect(isDiskFull(error)).toBe(true);
    const named = namingFullDisk(error);
    expect(named).toMatchObject({ code: "disk-full", message: expect.stringContaining("free some space") });
    expect(isPassing(named)).toBe(true);
  });

  it.each([coded("ENOENT"), coded("SQLITE_BUSY"), new GridError("overloaded", "later"), "ENOSPC", null])(
    "[FM2] is not seen in what is something else: %s",
    (error) => {
      expect(isDiskFull(error)).toBe(false);
      expect(namingFullDisk(error)).toBe(error);
    },
  );
});
