/**
 * Which volunteers are devices of one person. Copies of a task never go to two of them; nothing else rests on it: what a volunteer
 * has shown, and what it has earned, is its own.
 */
import type { AccountId, EpochMs, VolunteerId } from "../protocol/ids";
import type { Grid } from "./grid";
import type { Effect, GridEvent } from "./grid-events";
import { handOut } from "./hand-out";

type EventOf<T extends GridEvent["type"]> = Extract<GridEvent, { type: T }>;

/** Before anything is handed out. */
export function knowAccounts(grid: Grid, { members }: EventOf<"accounts-known">): void {
  for (const { volunteerId, account } of members) grid.accounts.set(volunteerId, account);
}

/** A volunteer joins an account, or leaves it. The copies that it has or had stay what they were. */
export function changeAccount(
  grid: Grid,
  { volunteerId, account }: EventOf<"account-changed">,
  now: EpochMs,
): Effect[] {
  setAccount(grid, volunteerId, account);
  const volunteer = grid.volunteers.get(volunteerId);
  if (!volunteer || volunteer.place.account === account) return [];
  // By another place it reads anew what it passed over.
  volunteer.place = { ...volunteer.place, account };
  grid.aside.readAgain(volunteerId);
  return handOut(grid, volunteerId, now);
}

function setAccount({ accounts }: Grid, volunteerId: VolunteerId, account: AccountId | null): void {
  if (account === null) accounts.delete(volunteerId);
  else accounts.set(volunteerId, account);
}
