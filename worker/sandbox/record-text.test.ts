import * as fc from "fast-check";
import { expect, it } from "vitest";
import { recordText, withBytesBeside } from "./record-text";

it("[PQ30] records are the same JSON with integers of 64 bits in them as without, and those have all of their digits", () => {
  const record = { id: 2n ** 63n - 1n, when: new Date(0), list: [1n, "\u0000", null], none: undefined };
  expect(recordText(record)).toBe(
    '{"id":9223372036854775807,"when":"1970-01-01T00:00:00.000Z","list":[1,"\\u0000",null]}',
  );
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const [, large] = /^\{"value":(.*),"large":-5\}$/s.exec(recordText({ value, large: -5n })) ?? [];
      expect(large).toBe(JSON.stringify(value));
    }),
    { numRuns: 50 },
  );
});

it("[PQ31] bytes lie beside the JSON, in order, also with such integers, and are refused where there is only text", () => {
  const records = [{ a: Uint8Array.of(1), n: 1n }, { a: Uint8Array.of(2) }];
  expect(withBytesBeside(records)).toEqual({
    json: '[{"a":{"$bytes":0},"n":1},{"a":{"$bytes":1}}]',
    bytes: [Uint8Array.of(1), Uint8Array.of(2)],
  });
  expect(() => recordText(records)).toThrow("This language reads records as text");
});
