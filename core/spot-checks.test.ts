import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digest, failure, output, returnedBy, volunteer } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";
import { validatorFor } from "./validator";

interface Sketch {
  isDue: (name: string) => boolean;
  tasks?: number;
  /** What Cy and Di agreed on. */
  said?: string;
  maxErrorRate?: number;
  /** Devices of one account. */
  linked?: readonly string[];
}

/** Ada and Bo have agreed on `map/0` to `map/2`; Cy and Di on `map/3` to `map/5`. Whoever `isDue` names is checked. */
function openChecked({ isDue, tasks = 20, said = "x", maxErrorRate = 0.01, linked = [] }: Sketch) {
  const grid = openTestGrid();
  for (const name of linked) grid.link(name, "ann");
  let isOn = false;
  grid.grid.validatorFor = (...parts) => ({
    ...validatorFor(...parts),
    drawCheck: () => false,
    drawSpotCheck: (id) => isOn && isDue(id),
  });
  grid.submit({ tasks, adaptive: { maxErrorRate } });
  for (const [pair, first] of [
    [["ada", "bo"], 0],
    [["cy", "di"], 3],
  ] as const) {
    for (const name of pair) grid.join(name, { want: 1 });
    for (let index = first; index < first + 3; index++) {
      for (const name of pair) {
        const value = first === 0 ? "x" : said;
        grid.report(name, [output(`map/${index}`, value)], index < first + 2 ? 1 : 0);
      }
    }
  }
  isOn = true;
  return grid;
}

const checkIn = (effects: readonly string[], name: string) =>
  new RegExp(`^${name} gets (map/\\d+)$`).exec(
    effects.find((words) => words.startsWith(`${name} gets`)) ?? "",
  )?.[1];

describe("spot checks", () => {
  it("[KC1] give a trusted volunteer a task that others have agreed on, in the words of any other; a right answer gets its credit and changes nothing", () => {
    const grid = openChecked({ isDue: (name) => name === "ada" });
    const task = checkIn(grid.join("ada", { want: 1 }), "ada");
    expect(["map/3", "map/4", "map/5"]).toContain(task);
    const effects = grid.report("ada", [output(task ?? "", "x")]);
    expect(effects).toEqual([`ada's copy of ${task} returned valid after all`, "answered done"]);

    expect(grid.grid.jobs.size).toBe(1);
  });

  it("[KC2] catch whose answer is outweighed by those who had agreed: it gets no more tasks, and what it did alone is computed again", () => {
    const grid = openChecked({ isDue: (name) => name === "ada" });
    const before = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    grid.report("ada", [output(before, "x")]);
    const others = openChecked({ isDue: () => false });
    expect(checkIn(others.join("ada", { want: 1 }), "ada")).toBe("map/6");

    let isDue = false;
    const liar = openChecked({ isDue: (name) => isDue && name === "ada", maxErrorRate: 0.05 });
    liar.join("ada", { want: 1 });
    expect(liar.report("ada", [output("map/6", "lie")])).toContain("map/6 accepted as lie by ada");
    isDue = true;
    const task = checkIn(liar.join("ada", { want: 1 }), "ada") ?? "";
    expect(["map/3", "map/4", "map/5"]).toContain(task);
    const effects = liar.report("ada", [output(task, "lie")], 1);
    expect(effects).toEqual([
      `ada's copy of ${task} returned invalid, as a check`,
      "ada is a suspect",
      "map/6 doubted: volunteer-caught",
      "answered done",
    ]);
    expect(checkIn(liar.join("ada", { want: 1 }), "ada")).toBeUndefined();
    expect(checkIn(liar.join("bo", { want: 1 }), "bo")).toBe("map/6");
  });

  it("[KC3] take nobody for a liar whose copy fails, breaks its worker, is given back, or is never answered", () => {
    for (const end of [
      (grid: ReturnType<typeof openChecked>, task: string) => grid.report("ada", [failure(task, "no")]),
      (grid: ReturnType<typeof openChecked>, task: string) =>
        grid.report("ada", [{ type: "released", taskId: output(task, "x").taskId, reason: "broke" }]),
      (grid: ReturnType<typeof openChecked>, task: string) =>
        grid.report("ada", [{ type: "released", taskId: output(task, "x").taskId, reason: "stopped" }]),
      (grid: ReturnType<typeof openChecked>) => grid.leave("ada"),
      (grid: ReturnType<typeof openChecked>) => grid.wait(600_000),
      (grid: ReturnType<typeof openChecked>) => grid.pause(),
    ]) {
      const grid = openChecked({ isDue: (name) => name === "ada" });
      const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
      const effects = end(grid, task);
      expect(effects.join()).not.toMatch(/suspect|doubted/);
      expect(grid.grid.volunteers.get(volunteer("ada"))?.leases.size ?? 0).toBe(0);
    }
  });

  it("[KC4] hold up no stage: it ends without the answer, which gets its credit when it comes", () => {
    const grid = openChecked({ isDue: (name) => name === "ada", tasks: 7 });
    const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    expect(checkIn(grid.join("bo", { want: 1 }), "bo")).toBe("map/6");
    const effects = grid.report("bo", [output("map/6", "x")]);
    expect(effects).toContain("map/6 accepted as x by bo");
    const rest = [...effects];
    // What was answered alone may be looked at again first.
    for (const [name, taskId] of [["cy", "map/6"]] as const) {
      if (rest.includes("job completed")) break;
      grid.join(name, { want: 1 });
      rest.push(...grid.report(name, [output(taskId, "x")]));
    }
    expect(rest).toContain("job completed");
    expect(rest.join()).toContain(`ada stops ${task}`);
    expect(grid.grid.volunteers.get(volunteer("ada"))?.leases.size).toBe(0);
  });

  it("[KC5] use no task that the volunteer had a part in, or one at its address, and none of jobs that compare with a tolerance", () => {
    const grid = openChecked({ isDue: (name) => name === "cy" || name === "di" });
    for (let round = 0; round < 3; round++) {
      const task = checkIn(grid.join("cy", { want: 1 }), "cy") ?? "";
      expect(["map/0", "map/1", "map/2"]).toContain(task);
      grid.report("cy", [output(task, "x")]);
    }
    // Each serves once.
    expect(checkIn(grid.join("cy", { want: 1 }), "cy")).toBe("map/6");
  });

  it("[AC10] use no task that another device of the volunteer's account had a part in", () => {
    const grid = openChecked({ isDue: (name) => name === "cy" || name === "di", linked: ["ada", "cy"] });
    expect(checkIn(grid.join("cy", { want: 1 }), "cy")).toBe("map/6");
    expect(["map/0", "map/1", "map/2"]).toContain(checkIn(grid.join("di", { want: 1 }), "di"));
  });

  it("[KC6] convict nobody while the answer weighs too much against the agreed ones: the task is in doubt, and others decide who lied", () => {
    const grid = openChecked({ isDue: (name) => name === "ada" });
    const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    const effects = grid.report("ada", [output(task, "lie")]);
    expect(effects).toEqual([
      `ada's copy of ${task} returned`,
      `${task} doubted: contradicted`,
      "answered done",
    ]);
    expect(checkIn(grid.join("bo", { want: 1 }), "bo")).toBe(task);
    const decided = grid.report("bo", [output(task, "x")]);
    expect(decided).toContain(`${task} confirmed by bo`);
    expect(decided).toContain("ada is a suspect");
  });

  it("[KC7] convict those who had agreed, when they were wrong, and put right what they said", () => {
    const grid = openChecked({ isDue: (name) => name === "ada", said: "lie" });
    for (const name of ["ed", "fay"]) {
      grid.join(name);
      grid.report(name, [output("map/6", "x")]);
    }
    const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    expect(grid.report("ada", [output(task, "x")])).toContain(`${task} doubted: contradicted`);
    const decided = ["bo", "ed", "fay", "gil"].flatMap((name) => {
      const given = checkIn(grid.join(name, { want: 1 }), name);
      return given === task ? grid.report(name, [output(task, "x")]) : [];
    });
    const acceptance = decided.find((words) => words.startsWith(`${task} accepted as x by ada bo`));
    expect(acceptance).toMatch(/against (cy di|di cy)$/);
    expect(decided.join()).not.toMatch(/ada is a suspect/);
    expect(checkIn(grid.join("cy", { want: 1 }), "cy")).toBeUndefined();
    expect(checkIn(grid.join("ada", { want: 1 }), "ada")).toBeDefined();
  });

  it("[KC8] convict nobody, and doubt nothing, when the task has had as many answers as it may have", () => {
    const grid = openChecked({ isDue: (name) => name === "ada" });
    const [job] = grid.grid.jobs.values();
    const task = checkIn(grid.join("ada", { want: 1 }), "ada") ?? "";
    if (job) {
      const { judge } = job.validator;
      job.validator.judge = (...parts) => {
        const judgement = judge(...parts);
        const isFull = judgement.type === "wait" && parts[0].copies.length === 3;
        return isFull ? { type: "give-up", reason: "no-agreement", answers: 3 } : judgement;
      };
    }
    expect(grid.report("ada", [output(task, "lie")])).toEqual([
      `ada's copy of ${task} returned late`,
      "answered done",
    ]);
  });
});

/** What becomes of an answer that contradicts two others, by how many outputs each has shown that others agreed with. */
function weighed([first, second, checked]: readonly [number, number, number], maxErrorRate: number) {
  const grid = openTestGrid({}, false);
  let isDue = false;
  grid.grid.validatorFor = (...parts) => ({
    ...validatorFor(...parts),
    drawCheck: () => false,
    drawSpotCheck: (id) => isDue && id === volunteer("ada"),
  });
  grid.submit({ tasks: 1, adaptive: { maxErrorRate } });
  const [job] = grid.grid.jobs.values();
  const [stage] = job?.stages ?? [];
  if (!job || !stage) throw new Error("The grid has no job");
  const agree = (names: readonly string[], times: number) => {
    const copies = names.map((name) => returnedBy(name, "x"));
    const task = { state: "accepted", copies, digest: digest("x") } as const;
    const [copy] = copies;
    for (let time = 0; time < times && copy; time++)
      job.validator.learn(1, task, { type: "accept", output: copy, valid: copies, invalid: [] });
  };
  for (const [name, times] of [
    ["cy", first],
    ["di", second],
    ["ada", checked],
  ] as const)
    agree([name, `${name}'s friend`], times);
  stage.taskCount = 3;
  stage.accepted.add(0);
  const [one, other] = [returnedBy("cy", "lie"), returnedBy("di", "lie")];
  stage.known.push({ index: 0, count: 1, copies: [one, other], holders: [] });
  isDue = true;
  grid.join("ada", { want: 1 });
  const effects = grid.report("ada", [output("map/0", "x")]).join();
  return effects.includes("invalid, as a check") ? "convicted" : "in doubt";
}

it("[KC9] a spot check convicts a volunteer only if its answer would have been outvoted among the others: never the better for having shown less", () => {
  const shown = fc.nat(60);
  fc.assert(
    fc.property(shown, shown, shown, fc.nat(40), (first, second, checked, more) => {
      const is = (records: readonly [number, number, number]) => weighed(records, 0.01);
      if (is([first, second, checked]) !== "convicted") {
        expect(is([first, second, checked + more])).toBe("in doubt");
      } else {
        expect(is([first + more, second, checked])).toBe("convicted");
        // Two that weigh enough against it by themselves.
        expect(first + second).toBeGreaterThan(0);
      }
    }),
    { numRuns: 100 },
  );
});
