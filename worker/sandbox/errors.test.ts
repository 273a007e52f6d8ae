import { expect, test } from "vitest";
import { describeThrown } from "./errors";
import { lockDown } from "./lock-down";
import { noteSource } from "./runtimes/source-frames";

test("[SB80] a stack shows the program's frames only, as program.js", () => {
  const error = new TypeError("no");
  error.stack = [
    "TypeError: no",
    "    at map (blob:null/0a1b2c3d-0000-4000-8000-000000000000:2:9)",
    "    at run (data:text/javascript,%22use%20strict%22:1:1)",
    "map@blob:http://127.0.0.1:3000/0a1b2c3d-0000-4000-8000-000000000000:2:9",
  ].join("\n");
  expect(describeThrown(error).stack).toBe("TypeError: no\n    at map (program.js:2:9)\nmap@program.js:2:9");
});

test("[SB80] whatever is thrown has a message", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect(describeThrown("plain").message).toBe("Thrown: plain");
  expect(describeThrown({ code: 7 }).message).toBe('Thrown: {"code":7}');
  expect(describeThrown(undefined).message).toBe("Thrown: undefined");
  expect(describeThrown(cycle).message).toBe("Thrown: a value without text");
});

test("[SB16] takes workers and the network's names away before a program is imported, inherited ones too", () => {
  const scope: object = Object.create(
    { Worker: 1, fetch: 1 },
    { WebSocket: { value: 1, configurable: true } },
  );
  lockDown(scope);
  for (const name of ["Worker", "fetch", "WebSocket"]) expect(name in scope).toBe(false);
});

test("[SB40] a stack names the files, lines and columns that the program's source map leads to", () => {
  const map = { version: 3, sources: ["own.ts"], names: [], mappings: "AAAA;AAEE" };
  const base64 = btoa(JSON.stringify(map));
  const code = `a;\nb;\n//# sourceMappingURL=data:application/json;base64,${base64}\n`;
  const error = new Error("no");
  error.stack = "Error: no\n    at map (blob:null/0a1b2c3d-0000-4000-8000-000000000000:2:1)";
  noteSource(new TextEncoder().encode(code), "program.js");
  expect(describeThrown(error).stack).toBe("Error: no\n    at map (own.ts:3:3)");
  noteSource(new TextEncoder().encode(code.replace(base64, "%broken%")), "mine.js");
  expect(describeThrown(error).stack).toBe("Error: no\n    at map (mine.js:2:1)");
});
