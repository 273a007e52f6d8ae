import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import type { Digest } from "../../protocol/ids";
import { PLAIN_JS } from "../../protocol/runtime";
import { fetchCode, readRuntimeIndex } from "./job-code";

const program = digestOfText("a program");
const get = (digest: Digest) => Promise.resolve(new Uint8Array(Buffer.from(`bytes of ${digest}`)));
const python = { name: "python", fileName: "program.py" } as const;

test("[JC1] a program that needs no more than the slot is fetched alone", async () => {
  const readIndex = () => Promise.reject(new Error("asked for without need"));
  const { program: bytes, files } = await fetchCode({ get }, readIndex, { program, runtime: PLAIN_JS });
  expect(Buffer.from(bytes).toString()).toBe(`bytes of ${program}`);
  expect(files).toEqual({});
});

test("[JC2] the files of a runtime come by the digests that the coordinator names, and one it lacks is an error", async () => {
  const names = ["python.js", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
  const index = Object.fromEntries([...names, "pyodide-lock.json"].map((name) => [name, digestOfText(name)]));
  const { files } = await fetchCode({ get }, () => Promise.resolve(index), { program, runtime: python });
  expect(Object.keys(files).sort()).toEqual(Object.keys(index).sort());
  expect(Buffer.from(files["python.js"] ?? []).toString()).toBe(`bytes of ${digestOfText("python.js")}`);
  const lacking = fetchCode({ get }, () => Promise.resolve({}), { program, runtime: python });
  await expect(lacking).rejects.toThrow("does not have python.js of the runtime python");
});

test("[JC3] the list of digests is read anew each time, and checked", async () => {
  const answering = (body: string, status = 200) => ({
    fetch: (_url: string, init?: RequestInit) => {
      expect(init?.cache).toBe("no-cache");
      return Promise.resolve(new Response(body, { status }));
    },
  });
  const index = { "python.js": digestOfText("x") };
  expect(await readRuntimeIndex(answering(JSON.stringify(index)))).toEqual(index);
  await expect(readRuntimeIndex(answering('{"python.js": "no digest"}'))).rejects.toThrow();
  await expect(readRuntimeIndex(answering("", 503))).rejects.toThrow("503");
});
