/** Programs in Python, in real tabs. */
import { failureOf, linesOf } from "./fixtures/programs";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

test("[E3006] Python maps, combines and reduces; its errors name the program's own lines", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const lines = await linesOf(rest, sampleRequest("leading-digits"));
  const digits = new Map<string, number>();
  for (let n = 0n; n < 3000n; n++) {
    const digit = (1n << n).toString().slice(0, 1);
    digits.set(digit, (digits.get(digit) ?? 0) + 1);
  }
  expect(lines.map(({ key, value }) => [key, value])).toEqual(
    [...digits].sort(([a], [b]) => (a < b ? -1 : 1)),
  );

  const options = { quorum: 1, chunkSize: 1000 };
  const input = { range: { end: 1000 } };
  const failing = 'def map(n):\n    if n == 999:\n        raise ValueError(f"no {n}")\n    return n\n';
  const python = (source: string) => ({ program: { runtime: "python" as const, source }, input, options });
  const failure = await failureOf(rest, python(failing));
  expect(failure).toMatchObject({ message: "ValueError: no 999", record: 999 });
  expect(failure.stack).toContain('File "program.py", line 3, in map');
  expect(failure.stack).not.toContain("_Runner");

  const syntax = await failureOf(rest, python("def map(n):\n    return n +\n"));
  expect(syntax?.message).toBe("SyntaxError: invalid syntax");
  expect(syntax?.stack).toContain('File "program.py", line 2');
  const tooLarge = await failureOf(rest, python("def map(n):\n    return 2 ** 70\n"));
  expect(tooLarge?.message).toContain("has no exact JSON number");
  const noMap = await rest.refusal(python("def mapp(n):\n    return n\n"));
  expect(noMap).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(noMap.detail).toContain("this one defines `mapp`");
});

test("[E3012] Python is fetched once by a tab, and a job finds nothing of the one before", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await volunteer();
  const program = {
    runtime: "python" as const,
    source:
      "import builtins\ndef map(n):\n    seen = getattr(builtins, 'seen', 0)\n    builtins.seen = n\n    return seen\n",
  };
  const request = { program, input: { items: [7] }, options: { quorum: 1 } };
  expect(await linesOf(rest, request)).toEqual([{ key: 0, value: 0 }]);
  const isFetch = (line: string) => line.includes("/api/v1/blocks/");
  const fetched = async () => (await coordinator.requestsSoFar()).filter(isFetch).length;
  const before = await fetched();
  expect(await linesOf(rest, { ...request, input: { items: [8] } })).toEqual([{ key: 0, value: 0 }]);
  // The new input is one block; the program and all of Python are there.
  expect((await fetched()) - before).toBe(1);
});
