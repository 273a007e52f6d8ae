import { afterEach, beforeEach, expect, it } from "vitest";
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { InjectProgram, StartProgram } from "../../protocol/program";
import { ProgramPath } from "../../protocol/program-name";
import { ServiceName } from "../../protocol/service";
import { volunteerId } from "../../testing/facts";
import { openTestCoordinator, type TestCoordinator } from "../../testing/open-coordinator";
import { openTestStore, type TestStore } from "../../testing/open-store";

const SPELL = ProgramPath.parse("/ada/spell");
const NAME = ServiceName.parse("ada-spell");
const program = { source: "export const handle = () => 1;" };

let store: TestStore;
let grid: TestCoordinator;
beforeEach(async () => {
  store = await openTestStore();
  grid = await openTestCoordinator(store);
  await grid.grid.programs.inject(InjectProgram.parse({ path: "/ada/spell", kind: "service", program }));
});
afterEach(async () => {
  await grid.close();
  await store.close();
});

const start = (request: object = {}) => grid.grid.programs.start(SPELL, StartProgram.parse(request), null);

/** Starts whatever it is told to. */
function join(coordinator: TestCoordinator, name: string): void {
  coordinator.running.line = {
    ...coordinator.running.line,
    startInstance: (id, { instanceId }) => coordinator.running.heard(id, { state: "ready", instanceId }),
  };
  coordinator.running.joined(volunteerId(name), UNKNOWN_DEVICE, 1, { address: null, account: null });
}

it("[SV34] a start says which instances are up, and is refused while the service runs", async () => {
  join(grid, "ada");
  const started = await start({ instances: 1 });
  expect(started).toMatchObject({ kind: "service", service: { name: NAME, state: "running", ready: 1 } });
  await expect(start()).rejects.toMatchObject({ code: "wrong-order" });
  expect(await grid.grid.programs.get(SPELL)).toMatchObject({ kind: "service", service: NAME });
  await expect(grid.grid.programs.lastJob(SPELL)).rejects.toMatchObject({
    message: "/ada/spell is a service, which has no result: ask it at /api/v1/services/ada-spell/",
  });
  await expect(grid.grid.programs.remove(SPELL)).rejects.toMatchObject({ code: "wrong-order" });
});

it("[SV35] what is to run survives a crash: its instances, options, version and scale", async () => {
  await start({ instances: 2, service: { quorum: 2 }, config: { words: 3 } });
  await grid.grid.programs.update(SPELL, { program: { source: "export const handle = () => 2;" } });
  await grid.services.change(NAME, { instances: 3 });
  const crashed = await store.afterCrash();
  const again = await openTestCoordinator(crashed);
  await again.services.restore();
  expect(again.services.get(NAME)).toMatchObject({ wanted: 3, version: 2, options: { quorum: 2 } });
  for (const name of ["ada", "bo", "cy"]) join(again, name);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(again.services.get(NAME)).toMatchObject({ ready: 3, state: "running" });
  await again.grid.programs.stop(SPELL);
  const after = await crashed.afterCrash();
  const third = await openTestCoordinator(after);
  await third.services.restore();
  expect(third.services.list()).toEqual({ services: [] });
  await third.close();
  await again.close();
});

it("[SV36] is refused with what belongs to the other kind of program, and what is no service", async () => {
  await expect(start({ input: { text: "x" } })).rejects.toMatchObject({
    message: "input: /ada/spell is a service program, whose start does not take it",
  });
  const inject = (request: object) =>
    grid.grid.programs.inject(InjectProgram.parse({ path: "/ada/x", kind: "service", ...request }));
  await expect(inject({ program: { source: "export const map = 1" } })).rejects.toMatchObject({
    message: "A service must export a function named `handle`; this one exports `map`",
  });
  await expect(inject({ program: { runtime: "python", source: "def map(x): pass" } })).rejects.toMatchObject({
    message: "A service must define a function named `handle` at its top level; this one defines `map`",
  });
  await expect(
    inject({ program: { runtime: "pando", source: "module.exports['/pando/1.0.0'] = 1" } }),
  ).rejects.toMatchObject({ message: expect.stringContaining("A service is written in js, ts or python") });
});
