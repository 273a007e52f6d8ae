import { describe, expect, it } from "vitest";
import { output, volunteer } from "../testing/builders";
import { watchVotes } from "../testing/fair-votes";
import { beginLife } from "../testing/random-life";
import { tasksLacking } from "../testing/starving";
import { openTestGrid } from "../testing/test-grid";
import { currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import { explainIdle, obstacleFor } from "./idling";
import { barrierFor } from "./offer";
import type { Copy } from "./task";
import { explainWaiting } from "./waiting";

type TestGrid = ReturnType<typeof openTestGrid>;
const x = (task: string) => output(task, "x");

function why({ grid }: TestGrid) {
  const [job] = grid.jobs.values();
  return job ? explainWaiting(grid)(job) : null;
}

function whyIdle({ grid }: TestGrid, name: string) {
  const one = grid.volunteers.get(volunteer(name));
  return one ? explainIdle(grid)(one)?.message : null;
}

const BOUND = { adaptive: { maxErrorRate: 1e-4 } };
const engine = (letter: string) => ({ device: { arithmetic: letter.repeat(16) }, want: 2 });

describe("what is said of a job that waits", () => {
  it("[WA30] counts the votes that are in: one who can end the job by itself is waited for, and not another", () => {
    const grid = openTestGrid();
    grid.submit();
    grid.join("ada");
    grid.report("ada", [x("map/0")]);
    grid.leave("ada");
    expect(grid.join("bo")).toContain("bo gets map/0");
    expect(why(grid)).toBeNull();
    expect(grid.report("bo", [x("map/0")])).toContain("job completed");
  });

  it("[WA31] names how many must join", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 4 });
    for (const name of ["ada", "bo"]) grid.join(name);
    expect(why(grid)?.message).toContain("ends when 2 more volunteers join");
    for (const name of ["ada", "bo"]) grid.report(name, [x("map/0")]);
    expect(why(grid)?.message).toContain("ends when 2 more volunteers join");
    grid.leave("bo");
    expect(why(grid)?.message).toContain("ends when 2 more volunteers join");
    grid.join("cy", { want: 1 });
    expect(why(grid)?.message).toContain("ends when another volunteer joins");
  });

  it("[WA32] is no matter of its error bound while those who ask sit beside one that has answered", () => {
    const grid = openTestGrid();
    grid.submit(BOUND);
    grid.join("ada", { address: "home", want: 2 });
    grid.report("ada", [x("map/0")]);
    for (const name of ["bo", "cy", "di"]) grid.join(name, { address: "home", want: 2 });
    expect(why(grid)).toMatchObject({ code: "more-volunteers" });
    expect(why(grid)?.message).toContain(
      "have answered the task that is open, or are at the network address of one that has.",
    );
    expect(whyIdle(grid, "bo")).toContain("it is at the network address of one that has what is open");
    expect(whyIdle(grid, "ada")).toContain("it has answered what is open:");
  });

  it("[WA33] nor while they have another engine than those who have answered", () => {
    const grid = openTestGrid();
    grid.submit({ ...BOUND, sameEngine: true });
    grid.join("ada", engine("a"));
    grid.report("ada", [x("map/0")]);
    for (const name of ["bo", "cy"]) grid.join(name, engine("b"));
    expect(why(grid)).toMatchObject({ code: "more-volunteers" });
    expect(why(grid)?.message).toContain("or have another JavaScript engine than one that has.");
    expect(whyIdle(grid, "bo")).toContain("it has another JavaScript engine than one that has what is open");
  });

  it("[WA34] is true in lives at random: of every volunteer and task it is one of the reasons that are told, and as many must join as is told", () => {
    for (let seed = 50_000; seed < 50_040; seed++) {
      const life = beginLife(seed, { isUnruly: true, watch: watchVotes() });
      for (let moves = 0; moves < 120; moves++) {
        life.move();
        try {
          for (const job of life.grid.jobs.values()) checkWords(life.grid, job);
        } catch (cause) {
          throw new Error(`Seed ${seed}, after ${moves} moves`, { cause });
        }
      }
    }
  });
});

const WORDS = [/answered/, /at the network address/, /another JavaScript engine/];

/** Places in `WORDS`, by what the copies say. */
function reasonOf(job: GridJob, index: number, one: GridVolunteer): number {
  const stage = currentStage(job);
  const there = (stage.open.get(index)?.task.copies ?? []).filter(({ state }) => state !== "lost");
  const isOwn = there.some(({ volunteerId }) => volunteerId === one.id);
  if (isOwn || stage.judged.get(index)?.includes(one.id)) return 0;
  const others = there.flatMap(({ place }) => place ?? []);
  const isOther = others.some(
    ({ arithmetic }) => arithmetic !== null && arithmetic !== one.device.arithmetic,
  );
  return job.sameEngine && isOther ? 2 : 1;
}

function checkReasons(job: GridJob, who: readonly GridVolunteer[], message: string): void {
  const told = WORDS.flatMap((words, place) => (words.test(message) ? [place] : []));
  const isOpen = (index: number) => currentStage(job).open.has(index);
  const found = tasksLacking(job)
    .filter(isOpen)
    .flatMap((index) => who.map((one) => reasonOf(job, index, one)));
  // What would do by now, because its volunteers have shown more since, waits for the next event.
  if (found.length > 0) expect(told, message).toEqual([...new Set(found)].sort());
}

function checkWords(grid: Grid, job: GridJob): void {
  const connected = [...grid.volunteers.values()].filter(({ presence }) => presence.state === "connected");
  const suits = (one: GridVolunteer) => [null, "volunteer-limit"].includes(barrierFor(job, one));
  const fit = connected.filter(suits);
  const { message = "" } = explainWaiting(grid)(job) ?? {};
  if (/must agree on every task/.test(message)) {
    const told = Number(/ends when (\d+) /.exec(message)?.[1] ?? 1);
    expect(told, message).toBe(mustJoin(grid, job, fit));
  }
  if (/tasks? that (are|is) open/.test(message))
    checkReasons(
      job,
      fit.filter(({ id }) => grid.hungry.has(id)),
      message,
    );
  if (grid.jobs.size > 1) return;
  for (const one of connected)
    if (one.leases.size === 0 && one.wanted > 0 && obstacleFor(grid, job, one) === "none-for-it")
      checkReasons(job, [one], explainIdle(grid)(one)?.message ?? "");
}

/** By the tasks one after the other, each by all who may answer it beside those who have. */
function mustJoin(grid: Grid, job: GridJob, fit: readonly GridVolunteer[]): number {
  const apart = (some: readonly GridVolunteer[]) =>
    new Set(some.map(({ id, place }) => (grid.policy.onePerAddress ? (place.address ?? id) : id))).size;
  const stage = currentStage(job);
  const quorum = job.policy.adaptive ? 1 : job.policy.quorum;
  const lacking = tasksLacking(job);
  const isFresh = lacking.some((index) => !stage.open.has(index)) || job.stageIndex < job.stages.length - 1;
  const short = lacking.map((index) => {
    const open = stage.open.get(index);
    const judgement = open && job.validator.judge(open.task, open.isChecked);
    const missing = judgement?.type === "wait" ? judgement.missing : quorum;
    const mayHelp = fit.filter((one) => mayShare(grid, job, open?.task.copies ?? [], one));
    return missing - apart(mayHelp.filter(({ id }) => !stage.judged.get(index)?.includes(id)));
  });
  const most = Math.max(0, ...short);
  const whole = quorum - apart(fit);
  return isFresh ? Math.max(whole, most) : most;
}

/** Neither where it is nor where it had a copy that it lost may be anybody else's who has the task. */
function mayShare(grid: Grid, job: GridJob, copies: readonly Copy[], { id, place }: GridVolunteer): boolean {
  const own = [
    place,
    ...copies.flatMap((copy) => (copy.volunteerId === id && copy.place ? [copy.place] : [])),
  ];
  const addresses = own.flatMap(({ address }) =>
    grid.policy.onePerAddress && address !== null ? [address] : [],
  );
  const there = copies.filter(({ state }) => state !== "lost");
  return there.every(({ volunteerId, place: other }) => {
    if (volunteerId === id || addresses.some((address) => address === other?.address)) return false;
    const engine = other?.arithmetic ?? null;
    return !job.sameEngine || engine === null || engine === place.arithmetic;
  });
}
