/** Every sample of examples/ with its own program and input: a tab against threads of the command line, byte by byte. */
import { runCli } from "./fixtures/cli";
import { each } from "./fixtures/each";
import { readSample, sampleCommand, sampleRequest, SAMPLES, type SampleChange } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

/** Of samples that are made to take a while: as much work as shows that they are right. */
const LESS: Readonly<Record<string, SampleChange>> = {
  "lattice-walks": { input: { kind: "items", items: [12] } },
  "monte-carlo-pi": { config: { points: 10_000 } },
  "prime-gaps": { config: { width: 10_000 } },
  terasort: { input: { kind: "range", start: 0, end: 20_000, step: 1 }, config: { seed: 2 } },
};

const CHANCE = /"estimate":3\.1\d+,"inside":\d+,/;

const isPython = (name: string) => JSON.stringify(readSample(name).program).includes("python");

test("[E4901] every sample of examples/ gives in a tab, byte by byte, what run --local gives without a grid", async ({
  rest,
  volunteer,
}) => {
  test.setTimeout(240_000);
  // Each job has a worker of its own in each slot, and the threads of the command line likewise.
  await volunteer(1);
  const nowhere = { url: "http://127.0.0.1:9" };
  const here = ["--local", "--threads", "1", "-q"];
  const compare = async (name: string) => {
    const { id } = await rest.submit(sampleRequest(name, { quorum: 1 }, LESS[name]));
    const local = await runCli(["run", ...sampleCommand(name, LESS[name]), ...here], nowhere);
    expect(local, name).toMatchObject({ code: 0, stderr: "" });
    await rest.completed(id);
    const found = await rest.result(id);
    expect(found, name).not.toBe("");
    // Chance is another in every job, by its id.
    if (name === "monte-carlo-pi") expect(local.stdout.replace(CHANCE, "")).toBe(found.replace(CHANCE, ""));
    else expect(local.stdout, name).toBe(found);
  };
  await each(
    SAMPLES.filter((name) => !isPython(name)),
    compare,
    { atOnce: 3 },
  );
  // Python takes a slot a while to start, and much memory.
  await each(SAMPLES.filter(isPython), compare, { atOnce: 1 });
});
