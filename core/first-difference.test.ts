import { describe, expect, it } from "vitest";
import { digest, failedAt, returnedBy } from "../testing/builders";
import { firstDifference } from "./first-difference";

const saying = (name: string, ...texts: string[]) => ({
  ...returnedBy(name, texts.join()),
  parts: texts.map((text) => ({ digest: digest(text), bytes: text.length, records: 1, text })),
});

describe("firstDifference", () => {
  it("[FD1] names the first key whose values differ, in whichever part it is", () => {
    const same = '{"key":"a","value":1}\n';
    const copies = [
      saying("ada", same, '{"key":"b","value":2}\n'),
      saying("bo", same, '{"key":"b","value":3}\n'),
    ];
    expect(firstDifference(copies)).toBe('Their values under the key "b" differ: 2 and 3');
  });

  it("[FD2] names the key from which on not all outputs have the same ones", () => {
    const copies = [saying("ada", '{"key":1,"value":1}\n'), saying("bo", '{"key":2,"value":1}\n')];
    expect(firstDifference(copies)).toContain("They differ from the key 1 on");
    const shorter = [saying("ada", ""), saying("bo", '{"key":2,"value":1}\n')];
    expect(firstDifference(shorter)).toContain("They differ from the key 2 on");
  });

  it("[FD3] cuts long values, and says nothing of what is not here, is the same, or is no JSON", () => {
    const long = (end: string) => `{"key":1,"value":"${"x".repeat(500)}${end}"}\n`;
    expect(firstDifference([saying("ada", long("a")), saying("bo", long("b"))])?.length).toBeLessThan(300);
    expect(firstDifference([returnedBy("ada", "x"), returnedBy("bo", "y")])).toBeNull();
    expect(firstDifference([saying("ada", "same"), saying("bo", "same")])).toBeNull();
    expect(firstDifference([saying("ada", "no JSON"), saying("bo", "neither")])).toBeNull();
    expect(firstDifference([failedAt("ada", "no"), saying("bo", "")])).toBeNull();
  });
});
