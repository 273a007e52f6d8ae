import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failedAt, lostBy, openTask, policy, returnedBy, runBy } from "../testing/builders";
import { judge } from "./judge";
import type { Copy } from "./task";

describe("judge", () => {
  it("[JU1] wants as many copies of a new task as the quorum", () => {
    expect(judge(openTask(), policy({ quorum: 3 }))).toEqual({ type: "wait", missing: 3 });
  });

  it("[JU12] wants as many copies at first as the job says, and no more for those that do not agree than its quorum takes", () => {
    const rule = policy({ quorum: 2, copies: 4 });
    expect(judge(openTask(), rule)).toEqual({ type: "wait", missing: 4 });
    expect(judge(openTask(runBy("ada"), lostBy("bo")), rule)).toEqual({ type: "wait", missing: 3 });
    const out = [returnedBy("ada", "x"), returnedBy("bo", "y"), runBy("cy"), runBy("di")];
    expect(judge(openTask(...out), rule)).toEqual({ type: "wait", missing: 0 });
    const divided = ["w", "x", "y", "z"].map((vote, place) => returnedBy(`volunteer${place}`, vote));
    expect(judge(openTask(...divided), rule)).toEqual({ type: "wait", missing: 1 });
    expect(judge(openTask(returnedBy("ada", "x"), runBy("bo"), returnedBy("cy", "x")), rule)).toMatchObject({
      type: "accept",
    });
  });

  it("[JU2] counts running copies, as if they were going to agree with the best-placed answer", () => {
    const two = openTask(runBy("ada"), returnedBy("bo", "x"));
    expect(judge(two, policy())).toEqual({ type: "wait", missing: 0 });
    const divided = openTask(returnedBy("ada", "x"), returnedBy("bo", "y"), runBy("cy"));
    expect(judge(divided, policy({ quorum: 3 }))).toEqual({ type: "wait", missing: 1 });
  });

  it("[JU3] does not count a lost copy", () => {
    expect(judge(openTask(lostBy("ada"), runBy("bo")), policy())).toEqual({ type: "wait", missing: 1 });
  });

  it("[JU4] accepts what a quorum agrees on, and names who agreed and who did not", () => {
    const copies = [
      returnedBy("ada", "x"),
      returnedBy("bo", "y"),
      failedAt("cy", "no"),
      returnedBy("di", "x"),
    ];
    expect(judge(openTask(...copies, lostBy("ed"), runBy("flo")), policy())).toEqual({
      type: "accept",
      output: returnedBy("ada", "x"),
      valid: [returnedBy("ada", "x"), returnedBy("di", "x")],
      invalid: ["bo", "cy"],
    });
  });

  it("[JU5] asks the latest of those who agree for the bytes, when nobody has brought them", () => {
    const copies = ["ada", "bo"].map((name) => returnedBy(name, "x", { bytesHere: false }));
    expect(judge(openTask(...copies), policy())).toEqual({ type: "agreed", digest: "x", uploader: "bo" });
  });

  it("[JU6] needs the bytes from one of those who agree only", () => {
    const task = openTask(returnedBy("ada", "x"), returnedBy("bo", "x", { bytesHere: false }));
    expect(judge(task, policy())).toMatchObject({ type: "accept", output: { volunteerId: "ada" } });
  });

  it("[JU7] believes an error that three volunteers see, whatever the quorum, and gives the task up", () => {
    const [ada, bo, cy] = ["ada", "bo", "cy"].map((name) => failedAt(name, "x is not defined", 3));
    const error = { message: "x is not defined", stack: "", record: 3 };
    for (const quorum of [1, 2, 3, 9]) {
      const rule = policy({ quorum, maxErrors: 9 });
      if (ada && bo && cy)
        expect(judge(openTask(ada, bo, cy), rule)).toEqual({
          type: "give-up",
          reason: "program-error",
          error,
        });
      if (ada && bo) expect(judge(openTask(ada, bo), rule)).toMatchObject({ type: "wait" });
    }
  });

  it("[JU8] does not let one failing volunteer, or two, fail a task, and asks for no more copies than an answer still needs", () => {
    const [one, two] = [failedAt("ada", "no"), failedAt("bo", "no")];
    expect(judge(openTask(one), policy({ quorum: 1 }))).toEqual({ type: "wait", missing: 1 });
    expect(judge(openTask(one), policy({ quorum: 9, copies: 1 }))).toEqual({ type: "wait", missing: 2 });
    expect(judge(openTask(one, two), policy({ quorum: 2 }))).toEqual({ type: "wait", missing: 1 });
    expect(judge(openTask(one, two, runBy("cy")), policy({ quorum: 2 }))).toEqual({
      type: "wait",
      missing: 0,
    });
  });

  it("[JU9] gives a task up after `maxErrors` failing copies, though they differ", () => {
    const task = openTask(failedAt("ada", "a"), failedAt("bo", "b"), failedAt("cy", "c"));
    expect(judge(task, policy({ maxErrors: 4 }))).toMatchObject({ type: "wait" });
    expect(judge(task, policy({ maxErrors: 3 }))).toMatchObject({ reason: "program-error" });
  });

  it("[JU10] gives a task up after `maxCopies` answers without a quorum", () => {
    const task = openTask(returnedBy("ada", "x"), returnedBy("bo", "y"), failedAt("cy", "no"), lostBy("di"));
    expect(judge(task, policy({ maxCopies: 4 }))).toEqual({ type: "wait", missing: 1 });
    expect(judge(task, policy({ maxCopies: 3 }))).toEqual({
      type: "give-up",
      reason: "no-agreement",
      answers: 3,
    });
  });

  it("[JU11] accepts only with a quorum of different volunteers, whatever the copies are", () => {
    fc.assert(
      fc.property(
        fc.array(anyAnswer, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (answers, quorum) => {
          const copies = answers.map((answer, place) => copyBy(`v${place}`, answer));
          const judgement = judge(openTask(...copies), policy({ quorum, maxErrors: 99, maxCopies: 99 }));
          const votes = (value: string) => answers.filter((one) => one === value).length;
          const best = Math.max(votes("x"), votes("y"));
          expect(judgement.type === "accept").toBe(best >= quorum);
          if (judgement.type === "accept") expect(judgement.valid.length).toBeGreaterThanOrEqual(quorum);
        },
      ),
    );
  });
});

const anyAnswer = fc.constantFrom("x", "y", "runs", "fails", "lost");

function copyBy(name: string, answer: string): Copy {
  if (answer === "runs") return runBy(name);
  if (answer === "lost") return lostBy(name);
  return answer === "fails" ? failedAt(name, `${name} fails`) : returnedBy(name, answer);
}
