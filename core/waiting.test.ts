import { describe, expect, it } from "vitest";
import { jobId, output, released, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { explainIdle } from "./idling";
import { explainWaiting } from "./waiting";

function reasonIn({ grid }: ReturnType<typeof openTestGrid>, id = "job"): string | null {
  const job = grid.jobs.get(jobId(id));
  if (!job) throw new Error(`${id} is not in the grid`);
  return explainWaiting(grid)(job)?.code ?? null;
}

describe("explainWaiting", () => {
  it("[WA1] says that no volunteer is connected", () => {
    const grid = openTestGrid();
    grid.submit();
    expect(reasonIn(grid)).toBe("no-volunteers");
    grid.join("ada");
    grid.disconnect("ada");
    expect(reasonIn(grid)).toBe("no-volunteers");
  });

  it("[WA2] says that a quorum needs more volunteers than there are, also while copies run", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    grid.join("ada");
    expect(reasonIn(grid)).toBe("more-volunteers");
  });

  it("[WA3] says that another volunteer is wanted when all have answered and disagree", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 2 });
    for (const name of ["ada", "bo"]) grid.join(name, { want: 5 });
    grid.report("ada", [output("map/0", "x")]);
    grid.report("bo", [output("map/0", "y")]);
    expect(reasonIn(grid)).toBe("more-volunteers");
  });

  it("[WA4] says that the shuffle is being prepared between two stages", () => {
    const grid = openTestGrid();
    grid.submit({ quorum: 1, reducers: 1 });
    grid.join("ada");
    grid.report("ada", [output("map/0", "x")], 1);
    expect(reasonIn(grid)).toBe("shuffling");
  });

  it("[WA5] says that volunteers are busy with other work, and nothing while copies run", () => {
    const grid = openTestGrid();
    grid.submit({ id: "old", quorum: 1 });
    grid.join("ada");
    grid.submit({ id: "new", quorum: 1 });
    expect([reasonIn(grid, "old"), reasonIn(grid, "new")]).toEqual([null, "volunteers-busy"]);
  });

  it("[WA12] counts only volunteers that suit the job: others that are busy never get it, and are none of its quorum", () => {
    const grid = openTestGrid();
    grid.submit({ id: "old", quorum: 1, tasks: 9 });
    grid.join("ada");
    grid.submit({ id: "new", quorum: 2, requires: { tags: ["lab"] } });
    expect(reasonIn(grid, "new")).toBe("more-volunteers");
    grid.join("another", { want: 0 });
    expect(reasonIn(grid, "new")).toBe("volunteers-unsuited");
    grid.join("bo", { device: { tags: ["lab"] } });
    expect(reasonIn(grid, "new")).toBe("more-volunteers");
    grid.join("cy", { device: { tags: ["lab"] }, want: 0 });
    expect(reasonIn(grid, "new")).toBeNull();
  });

  it("[WA10] says that an error bound cannot be kept by those who are there, and takes it back when another one joins", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 2, adaptive: { maxErrorRate: 1e-4 } });
    for (const name of ["ada", "bo", "cy"]) {
      grid.join(name, { want: 5 });
      grid.report(name, [output("map/0", "x"), output("map/1", "x")]);
    }
    const job = grid.grid.jobs.get(jobId("job"));
    expect(job && explainWaiting(grid.grid)(job)).toMatchObject({
      code: "bound-out-of-reach",
      message: expect.stringContaining(
        "error bound of 0.0001 allows: as things are, it cannot be kept. It takes 4",
      ),
    });
    grid.join("di", { want: 1 });
    expect(reasonIn(grid)).toBeNull();
    expect(grid.report("di", [output("map/0", "x")], 1)).toContain("map/0 accepted as x by ada bo cy di");
  });

  it("[WA11] says so too when those who are there contradict each other, as colluders and honest volunteers do", () => {
    const grid = openTestGrid();
    grid.submit({ adaptive: { maxErrorRate: 1e-4 } });
    for (const name of ["ada", "bo", "cy", "di", "ed"]) {
      grid.join(name, { want: 5 });
      grid.report(name, [output("map/0", name < "cy" ? "lie" : "x")]);
    }
    expect(reasonIn(grid)).toBe("bound-out-of-reach");
  });
});

describe("explainIdle", () => {
  const idleIn = ({ grid }: ReturnType<typeof openTestGrid>, name: string) => {
    const found = grid.volunteers.get(volunteer(name));
    return found ? explainIdle(grid)(found) : null;
  };

  it("[WA7] says nothing of a volunteer that holds something, and of others whether they ask, and that there is no job", () => {
    const grid = openTestGrid();
    grid.join("bo");
    grid.join("cy", { want: 0 });
    expect([idleIn(grid, "bo")?.code, idleIn(grid, "cy")?.code]).toEqual(["no-jobs", "not-asking"]);
    grid.submit({ quorum: 1 });
    expect(idleIn(grid, "bo")).toBeNull();
  });

  it("[WA8] counts all jobs by what keeps them from the volunteer, and names what it can best do something about", () => {
    const grid = openTestGrid();
    grid.submit({ id: "waits", quorum: 2 });
    grid.join("ada", { want: 9 });
    grid.report("ada", [output("waits/map/0", "x")]);
    grid.submit({ id: "rests" });
    grid.pause("rests");
    grid.report("ada", [released("rests/map/0")]);
    expect(idleIn(grid, "ada")).toEqual({
      code: "none-for-it",
      message: "Of 1 job, it has answered what is open: another volunteer is needed. 1 job is paused.",
    });
  });

  it("[WA9] says that a job's limits keep a volunteer from it", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 9, quorum: 1, share: { maxVolunteers: 1 } });
    grid.join("ada");
    grid.join("bo");
    expect(idleIn(grid, "bo")?.code).toBe("volunteer-limit");
  });
});
