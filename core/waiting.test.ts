import { describe, expect, it } from "vitest";
import { jobId, output } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { whyWaiting } from "./waiting";

function reasonIn({ grid }: ReturnType<typeof openTestGrid>, id = "job"): string | null {
  const job = grid.jobs.get(jobId(id));
  if (!job) throw new Error(`${id} is not in the grid`);
  return whyWaiting(grid, job)?.code ?? null;
}

describe("whyWaiting", () => {
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
});
