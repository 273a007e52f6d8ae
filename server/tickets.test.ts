import { expect, it } from "vitest";
import { AT, taskId, volunteerId } from "../testing/facts";
import type { EpochMs } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { Ticket } from "../protocol/task";
import { openTickets } from "./tickets";

const [ADA, BO] = [volunteerId("ada"), volunteerId("bo")];
const tickets = openTickets("a secret of this grid");
const ticket = Ticket.parse(tickets.write(ADA, taskId(3), AT));

it("[KC22] tells when the volunteer was handed the task, after a restart too, for three days", () => {
  expect(tickets.read(ADA, taskId(3), ticket, AT)).toBe(AT);
  const last = (AT + LIMITS.lateCopyMs) as EpochMs;
  expect(openTickets("a secret of this grid").read(ADA, taskId(3), ticket, last)).toBe(AT);
  expect(tickets.read(ADA, taskId(3), ticket, (last + 1) as EpochMs)).toBeNull();
});

it("[KC23] is of use to nobody else, for no other task or pack, at no other time, and in no other grid", () => {
  const [since = "", mark = ""] = ticket.split(".");
  expect(tickets.read(BO, taskId(3), ticket, AT)).toBeNull();
  expect(tickets.read(ADA, taskId(4), ticket, AT)).toBeNull();
  expect(tickets.read(ADA, taskId(3, "map", 2), ticket, AT)).toBeNull();
  expect(tickets.read(ADA, taskId(3), `${(AT - 1).toString(36)}.${mark}`, AT)).toBeNull();
  expect(openTickets("a secret of another").read(ADA, taskId(3), ticket, AT)).toBeNull();
  for (const forged of [
    "",
    ".",
    since,
    `${since}.`,
    `.${mark}`,
    `${since}.${mark.slice(1)}`,
    `${since}.${mark}ü`,
  ])
    expect(tickets.read(ADA, taskId(3), forged, AT)).toBeNull();
});
