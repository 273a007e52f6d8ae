/** Answers "why is nothing running?" from the same state that the scheduler decides by. */
import type { WaitReason } from "../protocol/views";
import { currentStage, type Grid, type GridJob } from "./grid";

/**
 * What the job waits for.
 *
 * @returns Null when it is getting on. Also says so when copies run but the job cannot
 *   end as things are: a quorum of two is never reached by one volunteer.
 */
export function whyWaiting(grid: Grid, job: GridJob): WaitReason | null {
  if (job.life.state === "paused") {
    return { code: "paused", message: "The job is paused: nothing of it runs until it is resumed." };
  }
  const connected = countConnected(grid);
  const { quorum } = job.policy;
  if (connected === 0) {
    return {
      code: "no-volunteers",
      message: "No volunteer is connected. Open the volunteer page and press start.",
    };
  }
  if (connected < quorum) {
    const message =
      `${quorum} different volunteers must agree on every task, and ${connected} ` +
      `${connected === 1 ? "is" : "are"} connected. The job ends when another volunteer joins: ` +
      "another browser, profile or device.";
    return { code: "more-volunteers", message };
  }
  const stage = currentStage(job);
  if (!stage.isReady) return { code: "shuffling", message: "Map outputs are being listed for the reducers." };
  if (stage.copiesOut > 0) return null;
  if (grid.hungry.size > 0 && stage.wants.size > 0) {
    const message =
      `${stage.wants.size} tasks need one more answer, and every connected volunteer has answered them. ` +
      "The job goes on when another volunteer joins.";
    return { code: "more-volunteers", message };
  }
  return { code: "volunteers-busy", message: "All volunteers are busy with other work." };
}

function countConnected(grid: Grid): number {
  let connected = 0;
  for (const { presence } of grid.volunteers.values()) if (presence.state === "connected") connected += 1;
  return connected;
}
