import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical";
import { digestOf, digestOfParts, digestOfText } from "./digest";
import { Digest } from "./ids";

describe("digests", () => {
  it("[PV8] name bytes by their SHA-256", () => {
    expect(digestOfText("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const digest = digestOf(bytes);
        expect(digest).toBe(createHash("sha256").update(bytes).digest("hex"));
        expect(Digest.safeParse(digest).success).toBe(true);
      }),
    );
  });

  it("[PV9] of outputs differ when parts, or their order, do", () => {
    const part = (text: string, records = 1) => ({ digest: digestOfText(text), bytes: text.length, records });
    const [a, b, claim] = [part("a"), part("b"), part("a", 2)];
    const outputs = [[a], [b], [claim], [a, b], [b, a], [a, a], [a, b, b]].map(digestOfParts);
    expect(new Set(outputs).size).toBe(outputs.length);
    expect(digestOfParts([a, b])).toBe(digestOfParts([a, b]));
  });
});

describe("canonicalJson", () => {
  it("[PV10] gives one text for one value, whatever the order of its keys", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: 1.0 })).toBe('{"a":1,"b":[1,{"c":"é","d":null}]}');
    expect(canonicalJson(-0)).toBe("0");
  });

  it("[PV11] gives a text that reads back as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("[PV12] refuses what JSON cannot carry", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [undefined, () => 1, NaN, Infinity, cycle])
      expect(() => canonicalJson(value)).toThrow();
  });
});
