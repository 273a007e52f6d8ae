import { expect, test } from "vitest";
import { engineOf, findDevice } from "./device";

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
