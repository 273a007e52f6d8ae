import { describe, expect, it } from "vitest";
import { Condition, Reference, SubmitPipeline } from "../../protocol/pipeline";
import { advancePipeline, newRun, type PlannedStep } from "./advance-pipeline";
import { describeCondition, isMet, openMeasure } from "./condition";
import { openReferenceReader } from "./read-reference";
import { configWith, inputIn, planPipeline, referencesIn } from "./references";

const program = { source: "export function map() {}" };
const stepsOf = (...steps: object[]) =>
  SubmitPipeline.parse({ steps: steps.map((step) => ({ program, input: { items: [] }, ...step })) }).steps;
const repeat = { until: { below: 1 }, maxIterations: 3 };

const RECORDS = [
  { key: "a", value: { change: 3, list: [1, 2] } },
  { key: { x: 1, y: 2 }, value: { change: -1, list: [5] } },
];

function measured(choice: object): number {
  const { aggregate, ...rest } = Condition.parse({ ...choice, below: 1 });
  const measure = openMeasure(rest, aggregate);
  for (const record of RECORDS) measure.add(record);
  return measure.value();
}

describe("what steps say", () => {
  it("[PI2] is refused with its place: unknown steps, circles, a result of its own without a first one", () => {
    const faultOf = (...steps: object[]) => planPipeline(stepsOf(...steps));
    expect(faultOf({ name: "a", input: { step: "b" } })).toEqual({
      path: "steps.0.input.step",
      message: 'must be the name of a step: a; got "b"',
    });
    const circle = faultOf(
      { name: "a", input: { step: "b" } },
      { name: "b", config: { x: [{ $result: { step: "a" } }] } },
    );
    expect(circle).toEqual({ path: "steps", message: "must not wait for each other: a → b → a" });
    expect(faultOf({ name: "a" }, { name: "a" })).toMatchObject({ path: "steps.1.name" });
    expect(faultOf({ name: "a", repeat, input: { step: "a" } })).toMatchObject({
      path: "steps.0.input.step",
    });
    expect(faultOf({ name: "a", config: { k: { $result: { step: "a", first: 1 } } } })).toMatchObject({
      path: "steps.0.config.k.$result.step",
      message: "names the step itself, which does not repeat",
    });
    expect(faultOf({ name: "a", config: [{ $result: { step: "a", by: 1 } }] })).toMatchObject({
      path: "steps.0.config.0.$result",
    });
    expect(faultOf({ name: "a" }, { name: "b", input: { step: "a", first: { items: [] } } })).toMatchObject({
      message: "has `first`, which only the step's own result may have",
    });
  });

  it("[PI3] makes the order of steps, wherever in input and config they are named", () => {
    const plan = planPipeline(
      stepsOf(
        { name: "c", input: { step: "b" }, config: { deep: [{ $result: { step: "a", key: 1 } }] } },
        { name: "a" },
        { name: "b", repeat, input: { step: "b", first: { step: "a" } } },
      ),
    );
    expect(plan).toMatchObject([{ after: ["b", "a"] }, { after: [] }, { after: ["a"] }]);
  });

  it("[PI4] has the first value in the first iteration, and results in those after it", () => {
    const [step] = stepsOf({
      ...{ name: "a", repeat, input: { step: "a", first: { items: [1] } } },
      config: { k: 2, of: [{ $result: { step: "a", first: [{ x: 0 }] } }, { $result: { step: "b" } }] },
    });
    if (!step) throw new Error("there is no step");
    expect(inputIn(step, 1)).toEqual({ items: [1] });
    expect(inputIn(step, 2)).toMatchObject({ step: "a" });
    expect(referencesIn(step, 1).map((reference) => reference.step)).toEqual(["b"]);
    expect(referencesIn(step, 2).map((reference) => reference.step)).toEqual(["a", "b"]);
    expect(configWith(step, 1, ["B"])).toEqual({ k: 2, of: [[{ x: 0 }], "B"] });
    expect(configWith(step, 2, ["A", "B"])).toEqual({ k: 2, of: ["A", "B"] });
  });
});

describe("a condition", () => {
  it("[PI5] looks at one record's number, or at one made of those of all", () => {
    expect(measured({ path: ["change"], aggregate: "max" })).toBe(3);
    expect(measured({ path: ["change"], aggregate: "min" })).toBe(-1);
    expect(measured({ path: ["change"] })).toBe(2);
    expect(measured({ path: ["change"], aggregate: "mean" })).toBe(1);
    expect(measured({ aggregate: "count" })).toBe(2);
    expect(measured({ key: { y: 2, x: 1 }, path: ["list", 0] })).toBe(5);
    expect(() => measured({ key: "b", path: ["change"] })).toThrow('no record with the key "b"');
    expect(() => measured({ path: ["list"] })).toThrow('value.list of "a" must be a number; got [1,2]');
  });

  it("[PI6] compares in the way that it names, a change with the iteration before", () => {
    const holds = (comparison: object, value: number, previous: number | null = null) =>
      isMet(Condition.parse(comparison), value, previous);
    expect([holds({ below: 1 }, 1), holds({ atMost: 1 }, 1)]).toEqual([false, true]);
    expect([holds({ above: 1 }, 1), holds({ atLeast: 1 }, 1)]).toEqual([false, true]);
    expect([holds({ equals: 0 }, 0), holds({ below: 1 }, NaN)]).toEqual([true, false]);
    expect([holds({ changeBelow: 1 }, 5), holds({ changeBelow: 1 }, 5, 5.5)]).toEqual([false, true]);
    expect(Condition.safeParse({ below: 1, above: 0 }).success).toBe(false);
    expect(describeCondition(Condition.parse({ path: ["change"], aggregate: "max", below: 0.5 }))).toBe(
      "max of value.change below 0.5",
    );
  });

  it("[PI7] ends a step that is to reach it, when the last iteration is over, with what was asked for", () => {
    const plan = (atLimit: "complete" | "fail"): PlannedStep[] => [
      {
        name: "a",
        after: [],
        keep: null,
        repeat: { until: Condition.parse({ below: 0 }), maxIterations: 1, atLimit },
      },
    ];
    const runOf = (own: PlannedStep[]) => {
      const jobId = "job_0123456789abcdef" as never;
      const place = { step: "a", iteration: 1 };
      return [
        { type: "begun" as const },
        { type: "started" as const, jobId, ...place },
        { type: "completed" as const, ...place },
        { type: "measured" as const, value: 1, corrected: 0, ...place },
      ].reduce((run, event) => advancePipeline(own, run, event).run, newRun(own));
    };
    expect(runOf(plan("complete"))).toMatchObject({ state: "completed", steps: [{ endedBy: "limit" }] });
    expect(runOf(plan("fail"))).toMatchObject({
      state: "failed",
      failure: { code: "not-reached", iteration: 1 },
    });
  });
});

describe("a reference", () => {
  const valueOf = (reference: object) => {
    const reader = openReferenceReader(Reference.parse({ step: "a", ...reference }));
    for (const record of RECORDS) reader.add(record);
    return reader.value();
  };

  it("[PI8] stands for all records, for a part of each, for one value, or for a number of all", () => {
    expect(valueOf({})).toEqual(RECORDS);
    expect(valueOf({ path: ["list", 0] })).toEqual([
      { key: "a", value: 1 },
      { key: { x: 1, y: 2 }, value: 5 },
    ]);
    expect(valueOf({ key: "a", path: ["change"] })).toBe(3);
    expect(valueOf({ path: ["change"], aggregate: "sum" })).toBe(2);
    expect(() => valueOf({ key: "b" })).toThrow('The result of a has no value of "b"');
    expect(() => valueOf({ path: ["list", 1] })).toThrow('There is no value.list.1 of {"x":1,"y":2}');
  });
});
