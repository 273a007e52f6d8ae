import { describe, expect, it } from "vitest";
import {
  at,
  digest,
  failedAt,
  lostBy,
  openTask,
  returnedBy,
  runBy,
  T0,
  volunteer,
} from "../testing/builders";
import { advanceTask, isHolder, NEW_TASK, type EndedCopy, type Task } from "./task";

const ended = (copy: EndedCopy) => ({ type: "ended", copy }) as const;
const agreed = (uploader: string, ...copies: Task["copies"]): Task => {
  return { state: "agreed", copies, digest: digest("x"), uploader: volunteer(uploader) };
};

describe("advanceTask", () => {
  it("[TA1] gives a volunteer one copy of a task at most", () => {
    const once = advanceTask(NEW_TASK, { type: "leased", volunteerId: volunteer("ada"), at: T0 });
    const twice = advanceTask(once, { type: "leased", volunteerId: volunteer("ada"), at: at(9) });
    expect(twice.copies).toEqual([{ state: "leased", volunteerId: "ada", leasedAt: at(9) }]);
  });

  it("[TA2] counts a volunteer's first answer and ignores a second, different one", () => {
    const task = openTask(returnedBy("ada", "x"));
    expect(advanceTask(task, ended(returnedBy("ada", "y")))).toBe(task);
    expect(advanceTask(task, ended(failedAt("ada", "no")))).toBe(task);
    const failed = openTask(failedAt("ada", "no"));
    expect(advanceTask(failed, ended(returnedBy("ada", "x")))).toBe(failed);
  });

  it("[TA3] takes the bytes that a repeated answer brings, if it is the same answer", () => {
    const task = openTask(returnedBy("ada", "x", { bytesHere: false }));
    expect(advanceTask(task, ended(returnedBy("ada", "x")))).toEqual(openTask(returnedBy("ada", "x")));
    expect(advanceTask(task, ended(returnedBy("ada", "y")))).toBe(task);
  });

  it("[TA4] takes the answer of a copy that was given up as lost", () => {
    const task = advanceTask(openTask(lostBy("ada")), ended(returnedBy("ada", "x")));
    expect(task).toEqual(openTask(returnedBy("ada", "x")));
  });

  it("[TA5] is open again when its uploader is lost, and stays agreed when another copy is", () => {
    const copies = [returnedBy("ada", "x"), returnedBy("bo", "x"), runBy("cy")];
    expect(advanceTask(agreed("bo", ...copies), ended(lostBy("bo"))).state).toBe("open");
    expect(advanceTask(agreed("bo", ...copies), ended(lostBy("cy"))).state).toBe("agreed");
  });

  it("[TA8] is open again when the bytes have come, so that who was asked for them holds up no other answer", () => {
    const copies = [
      returnedBy("ada", "x"),
      returnedBy("bo", "x", { bytesHere: false }),
      returnedBy("cy", "y"),
    ];
    expect(advanceTask(agreed("bo", ...copies), ended(returnedBy("bo", "x"))).state).toBe("open");
    expect(advanceTask(agreed("ada", ...copies), ended(returnedBy("bo", "x"))).state).toBe("agreed");
  });

  it("[TA6] does not change any more once it is accepted or given up", () => {
    const accepted = advanceTask(agreed("ada"), { type: "accepted", digest: digest("x") });
    const failed = advanceTask(openTask(), { type: "gave-up" });
    for (const task of [accepted, failed]) {
      expect(advanceTask(task, ended(returnedBy("cy", "y")))).toBe(task);
      expect(advanceTask(task, { type: "leased", volunteerId: volunteer("cy"), at: T0 })).toBe(task);
    }
  });
});

describe("isHolder", () => {
  it("[TA7] counts who runs a task or has answered it as a holder, and who lost it not", () => {
    const task = openTask(runBy("ada"), returnedBy("bo", "x"), failedAt("cy", "no"), lostBy("di"));
    expect(["ada", "bo", "cy", "di", "ed"].filter((name) => isHolder(task, volunteer(name)))).toEqual([
      "ada",
      "bo",
      "cy",
    ]);
  });
});
