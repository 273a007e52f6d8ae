import { describe, expect, it } from "vitest";
import { tarFilesIn } from "../protocol/tar";
import { archive } from "../testing/archive";
import { openScanner } from "./scan-records";

const FILES = {
  "a.txt": "hello",
  empty: "",
  [`${"long-".repeat(30)}name-é.txt`]: "x".repeat(1500),
  "b.bin": "y".repeat(512),
};

describe("a tar archive", () => {
  it.each(["gnu", "pax"])(
    "[DS8] of the format %s is cut between its files, which keep names and bytes",
    (format) => {
      const bytes = archive(FILES, format);
      for (const piece of [7, 512, 100_000]) {
        const scanner = openScanner({ type: "files" });
        const blocks: Uint8Array[] = [];
        let [records, start] = [0, 0];
        for (let at = 0; at < bytes.length;) {
          const part = bytes.subarray(0, Math.min(bytes.length, at + piece));
          const scanned = scanner.scan(part, at, Math.max(1, 600 - (at - start)));
          records += scanned.records;
          at = scanned.end;
          if (!scanned.isCut) continue;
          blocks.push(bytes.subarray(start, at));
          start = at;
        }
        expect(scanner.finish()).toBe(0);
        blocks.push(bytes.subarray(start));
        const found = blocks.flatMap((block) =>
          tarFilesIn(block).map((file) => [
            file.name,
            Buffer.from(block.subarray(file.start, file.end)).toString(),
          ]),
        );
        expect(Object.fromEntries(found)).toEqual(FILES);
        expect(records).toBe(4);
        expect(blocks.length).toBeGreaterThan(2);
      }
    },
  );

  it("[DS9] that is none, or ends early, is refused", () => {
    const scan = (bytes: Uint8Array) => {
      const scanner = openScanner({ type: "files" });
      scanner.scan(bytes, 0, 1e9);
      scanner.finish();
    };
    expect(() => scan(Buffer.alloc(600, "no tar"))).toThrow("there is no header of one at byte 0");
    const bytes = archive({ "a.txt": "hello", "b.txt": "there" }, "gnu");
    expect(() => scan(bytes.subarray(0, 700))).toThrow("File 0 lacks 324 bytes");
    expect(() => scan(bytes.subarray(0, 1200))).toThrow("ends within a header");
  });
});
