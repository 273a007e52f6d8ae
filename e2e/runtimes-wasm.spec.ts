/** WebAssembly modules and WASI commands, in real tabs. */
import { linesOf, written } from "./fixtures/programs";
import type { JobRequest } from "./fixtures/rest";
import { readSampleFile, sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

test("[E3004] a WebAssembly module maps, combines and reduces by its small interface", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  expect(await linesOf(rest, sampleRequest("prime-count-wasm"))).toEqual([{ key: "primes", value: 78_498 }]);

  const wasm = Buffer.from(await wat(["memory", "alloc"])).toString("base64");
  const input = { items: [1] };
  const incomplete = await rest.refusal({ program: { runtime: "wasm", wasm }, input });
  expect(incomplete).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(incomplete.detail).toContain("must export a function named `map`");
  const noModule = await rest.refusal({ program: { runtime: "wasm", wasm: "AAAA" }, input });
  expect(noModule.detail).toContain("no WebAssembly module");
  const noBase64 = await rest.refusal({ program: { runtime: "wasm", wasm: "%%" }, input });
  expect(noBase64).toMatchObject({ type: "/problems/invalid-input", status: 400 });
  expect(noBase64.detail).toContain("Base64");
});

/** A module with the given exports that do nothing, written byte by byte. */
function wat(names: readonly string[]): Promise<Uint8Array> {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const section = (id: number, bytes: readonly number[]) => [id, bytes.length, ...bytes];
  const exported = names.flatMap((name) => [...text(name), name === "memory" ? 2 : 0, 0]);
  return Promise.resolve(
    new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 0, 0]),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, 1]),
      ...section(7, [names.length, ...exported]),
      ...section(10, [1, 2, 0, 0x0b]),
    ]),
  );
}

test("[E3005] a WASI command reads the records from its standard input, and its output is what it writes", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const request = sampleRequest("letters-wasi");
  const lines = await linesOf(rest, request);
  const text = readSampleFile("letters-wasi", "text.txt").toLowerCase();
  const counts = new Map<string, number>();
  for (const [letter] of text.matchAll(/[a-z]/g)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  expect(written(lines)).toEqual([...counts].map(([letter, count]) => `${letter}\t${count}`).sort());

  const program = { ...request.program, map: ["wrong"] } as JobRequest["program"];
  const { id } = await rest.submit({ ...request, program });
  const { failure } = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
  expect(failure?.message).toMatch(
    /^Error: The command ended with exit code 2, when it had read 0 of its \d+ lines$/,
  );
});
