import { expect, it } from "vitest";
import { jobId, output } from "../testing/builders";
import { openTestGrid } from "../testing/test-grid";

const POLICY = { adaptive: { maxErrorRate: 1e-4 } };

/** Volunteers that answer what they are given, in the order in which they got it. */
function openCrew() {
  const held = new Map<string, string[]>();
  const grid = openTestGrid();
  const heldBy = (name: string) => held.get(name) ?? [];
  const note = (words: readonly string[]) => {
    for (const each of words) {
      const [, name = "", verb, tasks = ""] = /^(\w+) (gets|stops) (.*)$/.exec(each) ?? [];
      const named = tasks.split(" ");
      if (verb === "gets") held.set(name, [...heldBy(name), ...named]);
      if (verb === "stops")
        held.set(
          name,
          heldBy(name).filter((task) => !named.includes(task)),
        );
    }
    return words;
  };
  return {
    ...grid,
    heldBy,
    note,
    join: (name: string) => note(grid.join(name, { want: 1 })),
    /** Answers the task that it was given first, and asks for another one. */
    answer(name: string) {
      const task = heldBy(name).shift();
      return task ? note(grid.report(name, [output(task, `x${task}`)], 1)) : [];
    },
    isDone: () => !grid.grid.jobs.has(jobId("job")),
  };
}

it("[TR80] settles tasks whose answers do since their volunteers' records have grown, when nobody reports any more", () => {
  const crew = openCrew();
  crew.note(crew.submit({ tasks: 30, ...POLICY }));
  for (const name of ["a", "b", "c"]) crew.join(name);
  for (let turn = 0; turn < 40; turn++) for (const name of ["a", "b", "c"]) crew.answer(name);
  const openBefore = crew.grid.jobs.get(jobId("job"))?.stages[0]?.open.size;
  crew.join("d");
  for (let turn = 0; turn < 3; turn++) crew.answer("d");
  crew.note(crew.leave("d"));
  crew.note(crew.wait(500));
  crew.note(crew.wait(500));
  expect({ openBefore, isDone: crew.isDone() }).toEqual({ openBefore: 30, isDone: true });
});

it("[TR81] does not wait for a slow volunteer with a task whose other answers do by now", () => {
  const crew = openCrew();
  crew.note(crew.submit({ tasks: 30, ...POLICY }));
  crew.join("slow");
  const [task = ""] = crew.heldBy("slow");
  for (const name of ["a", "b", "c"]) crew.join(name);
  for (let turn = 0; turn < 40; turn++) for (const name of ["a", "b", "c"]) crew.answer(name);
  const heldBefore = crew.heldBy("slow");
  crew.join("d");
  for (let turn = 0; turn < 6; turn++) crew.answer("d");
  expect({ heldBefore, heldAfter: crew.heldBy("slow") }).toEqual({ heldBefore: [task], heldAfter: [] });
});
