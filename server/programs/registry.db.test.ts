import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SubmitJob } from "../../protocol/job";
import { InjectProgram, StartProgram } from "../../protocol/program";
import { ProgramPath } from "../../protocol/program-name";
import type { TaskId } from "../../protocol/ids";
import { openTestCoordinator, output, type TestCoordinator } from "../../testing/open-coordinator";
import { openTestStore, type TestStore } from "../../testing/open-store";

const code = (word: string) => ({ source: `export function map(x) { return ${JSON.stringify(word)} + x; }` });
const PRIMES = ProgramPath.parse("/ada/primes");
const INPUT = { range: { end: 1 } };

describe("the registry of programs", () => {
  let store: TestStore;
  let grid: TestCoordinator;
  beforeEach(async () => {
    store = await openTestStore();
    grid = await openTestCoordinator(store);
  });
  afterEach(async () => {
    await grid.close();
    await store.close();
  });

  const inject = (path = "/ada/primes", more = {}) =>
    grid.grid.programs.inject(InjectProgram.parse({ path, program: code("a"), ...more }));
  const start = async (request: object = { input: INPUT }) => {
    const started = await grid.grid.programs.start(PRIMES, StartProgram.parse(request), null);
    if (started.kind !== "batch") throw new Error("it is a service");
    return started.job;
  };
  const update = (word: string) => grid.grid.programs.update(PRIMES, { program: code(word) });

  it("[PG3] keeps a program under its path, by which and by its id it is found", async () => {
    const program = await inject();
    expect(program).toMatchObject({
      path: "/ada/primes",
      kind: "batch",
      version: 1,
      runtime: "js",
      lastJob: null,
    });
    expect(await grid.grid.programs.get(PRIMES)).toEqual(program);
    expect(await grid.grid.programs.get(program.id)).toEqual(program);
  });

  it("[PG4] refuses a program that cannot run when it is injected, with its place", async () => {
    await expect(inject("/ada/x", { program: { source: "export const a = ;" } })).rejects.toMatchObject({
      code: "program-invalid",
      extras: { line: 1, column: 18 },
    });
    expect(
      (await grid.grid.programs.list({ kind: null, under: null, cursor: null, limit: 9 })).programs,
    ).toEqual([]);
  });

  it("[PG5] refuses a second program under the same path, and says how to make a new version", async () => {
    await inject();
    await expect(inject()).rejects.toMatchObject({
      code: "program-exists",
      message:
        "There is a program under /ada/primes: POST /api/v1/programs/ada/primes/update makes a new version of it",
    });
  });

  it("[PG6] answers a call that comes too early with what to do first", async () => {
    const { programs } = grid.grid;
    await expect(programs.start(PRIMES, StartProgram.parse({}), null)).rejects.toMatchObject({
      code: "program-not-found",
      message: "Nothing was injected under /ada/primes: POST /api/v1/programs first",
    });
    await inject();
    const tooEarly: [() => Promise<unknown>, RegExp][] = [
      [() => programs.lastJob(PRIMES), /No run of \/ada\/primes has been started: POST \S+\/start first/],
      [() => programs.stop(PRIMES), /Nothing of \/ada\/primes runs: POST \S+\/start first/],
      [() => programs.rollBack(PRIMES, {}), /no version before 1: POST \S+\/update first/],
      [
        () => start({}),
        /nothing to work on: give the start an input, or PUT a dataset to \/api\/v1\/datasets\/ada\/primes/,
      ],
    ];
    for (const [call, words] of tooEarly) {
      await expect(call()).rejects.toMatchObject({
        code: "wrong-order",
        message: expect.stringMatching(words),
      });
    }
  });

  it("[PG7] starts jobs with the options and config it was injected with, and those of the start instead", async () => {
    await inject(PRIMES, { options: { quorum: 3, chunkSize: 5 }, config: { base: 10 } });
    const job = await start({ input: INPUT, options: { quorum: 1 } });
    expect(job.options).toMatchObject({ quorum: 1, chunkSize: 5, reducers: 4 });
    expect(job).toMatchObject({ name: "/ada/primes", registered: { version: 1 } });
    expect(grid.coordinator.jobs.get(job.id)?.record.config).toEqual({ base: 10 });
  });

  it("[PG8] new work starts on the new version, running work ends on the one it began with", async () => {
    await inject();
    const before = await start();
    expect(await update("b")).toMatchObject({ version: 2, latestVersion: 2, runningJobs: 1 });
    const after = await start();
    expect([before.registered?.version, after.registered?.version]).toEqual([1, 2]);
    expect(after.program).not.toBe(before.program);
    expect((await grid.grid.getJob(before.id)).program).toBe(before.program);
  });

  it("[PG9] rolls back to the version before, or to any; the next update has a number of its own", async () => {
    await inject();
    await update("b");
    await update("c");
    expect(await grid.grid.programs.rollBack(PRIMES, {})).toMatchObject({ version: 2, latestVersion: 3 });
    expect((await start()).registered?.version).toBe(2);
    expect(await grid.grid.programs.rollBack(PRIMES, { version: 3 })).toMatchObject({ version: 3 });
    expect(await update("d")).toMatchObject({ version: 4 });
    await expect(grid.grid.programs.rollBack(PRIMES, { version: 5 })).rejects.toMatchObject({
      message: "/ada/primes has the versions 1 to 4; got 5",
    });
    const { versions } = await grid.grid.programs.versions(PRIMES);
    expect(versions.map(({ version, isCurrent }) => [version, isCurrent])).toEqual([
      [4, true],
      [3, false],
      [2, false],
      [1, false],
    ]);
  });

  it("[PG10] gives every one of many updates at once a version of its own", async () => {
    await inject();
    const updated = await Promise.all(["b", "c", "d", "e"].map(update));
    expect(updated.length).toBe(4);
    const { versions } = await grid.grid.programs.versions(PRIMES);
    expect(versions.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1]);
    expect(new Set(versions.map(({ program }) => program)).size).toBe(5);
  });

  it("[PG11] stops all that runs, and is forgotten only when nothing does", async () => {
    await inject();
    const jobs = [await start(), await start()];
    await expect(grid.grid.programs.remove(PRIMES)).rejects.toMatchObject({
      code: "wrong-order",
      message: "2 jobs of /ada/primes run: POST /api/v1/programs/ada/primes/stop first",
    });
    await grid.grid.programs.stop(PRIMES);
    for (const { id } of jobs) expect((await grid.grid.getJob(id)).state).toBe("cancelled");
    await grid.grid.programs.remove(PRIMES);
    await expect(grid.grid.programs.get(PRIMES)).rejects.toMatchObject({ code: "program-not-found" });
    expect((await grid.grid.getJob(jobs[0]?.id ?? fail())).state).toBe("cancelled");
  });

  it("[PG12] a submission may name a program of the registry, by path or id, and a version", async () => {
    const { id } = await inject();
    await update("b");
    const submit = (program: object) => grid.grid.submitJob(SubmitJob.parse({ program, input: INPUT }), null);
    const byPath = (await submit({ id: PRIMES })).job;
    const byId = (await submit({ id, version: 1 })).job;
    expect([byPath.registered, byId.registered]).toEqual([
      { id, version: 2 },
      { id, version: 1 },
    ]);
    await expect(submit({ id: ProgramPath.parse("/ada/none") })).rejects.toMatchObject({
      code: "program-not-found",
    });
  });

  it("[PG13] every runtime can be injected, and its program is what the job runs", async () => {
    const script = { language: "python", source: "import sys\nfor line in sys.stdin: print(line)" };
    const programs = [
      { runtime: "ts", source: "export function map(x: number) { return x; }" },
      { runtime: "python", source: "def map(x, context): return x" },
      { runtime: "pando", source: "module.exports['/pando/1.0.0'] = (x, cb) => cb(null, x);" },
      { runtime: "streaming", mapper: script, reducer: script, properties: { "mapreduce.job.reduces": "2" } },
    ];
    for (const [place, program] of programs.entries()) {
      const path = ProgramPath.parse(`/ada/p${place}`);
      await inject(path, { program });
      const started = await grid.grid.programs.start(
        path,
        StartProgram.parse({ input: { text: "a\n" } }),
        null,
      );
      if (started.kind !== "batch") throw new Error("it is a service");
      const direct = await grid.grid.submitJob(SubmitJob.parse({ program, input: { text: "a\n" } }), null);
      expect(started.job.program).toBe(direct.job.program);
      expect(started.job.stages).toEqual(direct.job.stages);
    }
  });

  it("[PG14] lists by path, page by page, under a folder", async () => {
    for (const path of ["/bo/x", "/ada/b", "/ada/a", "/cy/x"]) await inject(path);
    const list = (query: object) =>
      grid.grid.programs.list({ kind: null, under: null, cursor: null, limit: 2, ...query });
    const first = await list({});
    expect(first.programs.map(({ path }) => path)).toEqual(["/ada/a", "/ada/b"]);
    const second = await list({ cursor: first.nextCursor });
    expect(second.programs.map(({ path }) => path)).toEqual(["/bo/x", "/cy/x"]);
    expect((await list({ under: "/ada/" })).programs).toHaveLength(2);
  });

  describe("what tasks write", () => {
    const TASK = (id: string) => `${id}/map/0` as TaskId;
    const linesOf = async (coordinator: TestCoordinator, id: string) => {
      const { lines } = await coordinator.grid.readOutput(id as never);
      const chunks: Uint8Array[] = [];
      for await (const chunk of lines) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      return text
        .split("\n")
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { line: string }).line);
    };

    async function answered(lines: string[]) {
      await inject(PRIMES, { options: { quorum: 1 } });
      const job = await start();
      await grid.join("ada", { want: 1 });
      await grid.report("ada", [{ ...output(TASK(job.id), "{}\n"), logs: lines }]);
      return job;
    }

    it("[PG15] is on the disk before its report is acknowledged, and is a file once the job has ended", async () => {
      const job = await answered(["one", "two"]);
      const crashed = await store.afterCrash();
      const again = await openTestCoordinator(crashed);
      expect(await linesOf(again, job.id)).toEqual(["one", "two"]);
      await again.outputs.restore();
      expect(await linesOf(again, job.id)).toEqual(["one", "two"]);
      expect(await crashed.database.outputFile.count()).toBe(1);
      expect(await crashed.database.outputLines.count()).toBe(0);
      await again.close();
    });

    it("[PG16] is kept once of a report that is sent twice, and without what is beyond the limit", async () => {
      await inject(PRIMES, { options: { quorum: 2 } });
      const job = await start();
      await grid.join("ada", { want: 1 });
      const said = {
        taskId: TASK(job.id),
        volunteerId: grid.given("ada") && ("v_0000000000000001" as never),
      };
      await grid.outputs.add([{ ...said, line: "once" }]);
      await grid.outputs.add([{ ...said, line: "once" }]);
      const huge = {
        ...said,
        volunteerId: "v_0000000000000002" as never,
        line: "x".repeat(17 * 1024 * 1024),
      };
      await grid.outputs.add([huge]);
      expect(await linesOf(grid, job.id)).toEqual(["once"]);
      expect((await grid.grid.readOutput(job.id)).isCut).toBe(true);
    });
  });
});

function fail(): never {
  throw new Error("nothing was started");
}
