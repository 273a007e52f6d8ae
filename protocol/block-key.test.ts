import fc from "fast-check";
import { expect, it } from "vitest";
import { blockKeyOf, PackedKeys, packKeys, unpackKeys, type BlockKey } from "./block-key";
import { digestOfText } from "./digest";
import { LIMITS } from "./limits";

const key = fc.nat({ max: 2 ** 48 - 1 }).map((value) => value as BlockKey);

it("[BK1] keys of blocks come back as they were packed, eight characters each", () => {
  fc.assert(
    fc.property(fc.array(key), (keys) => {
      const packed = packKeys(keys);
      expect(packed).toHaveLength(8 * keys.length);
      expect(unpackKeys(packed)).toEqual(keys);
      expect(PackedKeys.parse(packed)).toBe(packed);
    }),
  );
});

it("[BK2] a key is made of the digest's first 48 bits", () => {
  const digest = digestOfText("some block");
  expect(blockKeyOf(digest).toString(16).padStart(12, "0")).toBe(digest.slice(0, 12));
});

it("[BK3] what is no row of keys, or a longer one than may be announced, is refused", () => {
  for (const wrong of ["abc", "abcdefg=", "abcdefgh\n", 7, "ABCDEFGH".repeat(LIMITS.blocksAnnounced + 1)])
    expect(PackedKeys.safeParse(wrong).success).toBe(false);
});
