import { expect, test } from "vitest";
import { arithmeticOf, engineOf, findDevice } from "./device";

test("[AG40] tells engines by how they word the same mistake", async () => {
  expect(engineOf("Cannot read properties of null (reading 'property')")).toBe("v8");
  expect(engineOf("nothing is null")).toBe("other");
  expect(engineOf("null has no properties")).toBe("spidermonkey");
  expect(engineOf('can\'t access property "property", nothing is null')).toBe("spidermonkey");
  expect(engineOf("null is not an object (evaluating 'nothing.property')")).toBe("javascriptcore");
  // These tests run in Node.js.
  expect((await findDevice()).engine).toBe("v8");
});

test("[AG40] finds the WebAssembly features that there are", async () => {
  const { wasm } = await findDevice();
  expect(wasm).toEqual(expect.arrayContaining(["simd", "bulk-memory", "exceptions"]));
});

test("[AG42] has one fingerprint for engines that compute alike, and another for one last digit", () => {
  expect(arithmeticOf(Math)).toMatch(/^[0-9a-f]{16}$/);
  expect(arithmeticOf(Math)).toBe(arithmeticOf(Math));
  const sloppy = {
    ...Object.fromEntries(Object.getOwnPropertyNames(Math).map((name) => [name, Math[name as "sin"]])),
  } as unknown as Math;
  expect(arithmeticOf(sloppy)).toBe(arithmeticOf(Math));
  const other = { ...sloppy, tan: (x: number) => Math.tan(x) * (1 + Number.EPSILON) };
  expect(arithmeticOf(other)).not.toBe(arithmeticOf(Math));
});
