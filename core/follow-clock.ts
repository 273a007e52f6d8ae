/**
 * When the clock that tells the time is set, or the coordinator's machine has slept, every deadline moves with it:
 * otherwise a jump ahead would end all leases at once, and one back would keep those of lost volunteers for as long.
 */
import { after, type EpochMs } from "../protocol/ids";
import type { Grid } from "./grid";

/** @param byMs How far the clock jumped; negative for back. Costs O(leases). */
export function followClock(grid: Grid, byMs: number): void {
  const moved = (at: EpochMs) => after(at, byMs);
  for (const volunteer of grid.volunteers.values()) {
    for (const lease of volunteer.leases.values()) {
      if (lease.type === "upload") lease.deadlineAt = moved(lease.deadlineAt);
      else {
        lease.mentionBy = moved(lease.mentionBy);
        lease.leasedAt = moved(lease.leasedAt);
      }
    }
    const { presence } = volunteer;
    if (presence.state === "away") volunteer.presence = { state: "away", until: moved(presence.until) };
  }
  for (const { allowances } of grid.jobs.values()) allowances.movedAt = moved(allowances.movedAt);
  grid.deadlines.move(byMs);
  grid.paceChecks.move(byMs);
  grid.unconfirmed.move(byMs);
  for (const counted of [grid, ...grid.jobs.values()]) {
    const { since, at } = counted.rate;
    counted.rate = { ...counted.rate, since: moved(since), at: moved(at) };
  }
}
