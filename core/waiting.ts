/** Answers "why is nothing running?" by what the scheduler decides by: `obstacleOf`, `barrierFor` and who waits for work. */
import type { WaitReason } from "../protocol/views";
import { currentStage, type Grid, type GridJob } from "./grid";
import { countApart } from "./placing";
import { lacking } from "./matching";
import { barrierFor } from "./offer";

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
  const { connected, busy } = countCrowd(grid);
  // With an error bound, how many must agree differs from task to task.
  const quorum = job.policy.adaptive ? 1 : job.policy.quorum;
  if (connected === 0) {
    return {
      code: "no-volunteers",
      message: "No volunteer is connected. Open the volunteer page and press start.",
    };
  }
  const apart = countApart(grid);
  if (apart < quorum && connected >= quorum) {
    const message =
      `${quorum} volunteers at different network addresses must agree on every task, and the ${connected} that are connected ` +
      `come from ${apart === 1 ? "one address" : `${apart} addresses`}. The job ends when one joins from another; the operator may allow copies to share an address.`;
    return { code: "more-volunteers", message };
  }
  if (connected < quorum) {
    const message =
      `${quorum} different volunteers must agree on every task, and ${connected} ` +
      `${connected === 1 ? "is" : "are"} connected. The job ends when another volunteer joins: ` +
      "another browser, profile or device.";
    return { code: "more-volunteers", message };
  }
  const stage = currentStage(job);
  if (!stage.isReady) return notReady(job);
  if (stage.copiesOut > 0) return stage.name === "split" ? SPLITTING : null;
  if (grid.hungry.size > 0) return whyNobodyTakes(grid, job, connected, busy);
  if (busy === 0) {
    const message = `No connected volunteer (${connected}) asks for work: their slots are starting, or were stopped.`;
    return { code: "volunteers-not-asking", message };
  }
  const message = `${busy} of ${connected} connected volunteers are busy with other work, and the others do not ask for any. The job has its turn as they get free.`;
  return { code: "volunteers-busy", message };
}

const SPLITTING: WaitReason = {
  code: "splitting",
  message:
    "The job waits for split: the program's own split makes its tasks, and how many there are is known when it is done.",
};

function notReady({ stages, stageIndex }: GridJob): WaitReason {
  if (stages[stageIndex - 1]?.name === "split")
    return { code: "splitting", message: "What the program's split gave is being cut into tasks." };
  return { code: "shuffling", message: "Map outputs are being listed for the reducers." };
}

/** Some wait for work and have none of this job: nothing of it is for them, or they would have got it. */
function whyNobodyTakes(grid: Grid, job: GridJob, connected: number, busy: number): WaitReason {
  const waiting = grid.hungry.size;
  const { code, why } = whyNot(grid, job);
  if (busy > 0) {
    const message = `${waiting} of ${connected} connected volunteers wait for work, but ${why}; ${busy} are busy with other work.`;
    return { code: "volunteers-busy", message };
  }
  const message = `All volunteers that ask for work (${waiting}) ${why}. The job goes on when another volunteer joins.`;
  return { code, message };
}

function whyNot(grid: Grid, job: GridJob): { code: WaitReason["code"]; why: string } {
  const asking = [...grid.hungry].flatMap((id) => grid.volunteers.get(id) ?? []);
  const barriers = new Set(asking.map((volunteer) => barrierFor(job, volunteer)));
  const { adaptive } = job.policy;
  if (barriers.has(null) && adaptive !== null) {
    const least = job.validator.newcomersNeeded();
    const why =
      `have answered all ${currentStage(job).open.size} tasks that are open, and what they agree on may still be wrong more often than ` +
      `the job's error bound of ${adaptive.maxErrorRate} allows: as things are, it cannot be kept. It takes ${least} volunteers that agree if nothing is known of them, two or three of proven ones`;
    return { code: "bound-out-of-reach", why };
  }
  if (barriers.has(null)) {
    const others = barriers.has("unsuited") ? ", or lack what the job requires" : "";
    const unfit = job.sameEngine ? " or with another JavaScript engine" : "";
    const apart = grid.policy.onePerAddress ? `, or one at the same network address${unfit} has` : "";
    const why = `have answered all ${currentStage(job).open.size} tasks that are open${apart}${others}`;
    return { code: "more-volunteers", why };
  }
  if (barriers.has("unsuited")) {
    const lacks = new Set(asking.flatMap((volunteer) => lacking(job.requires, volunteer)));
    return { code: "volunteers-unsuited", why: `lack what the job requires (${[...lacks].join(", ")})` };
  }
  if (barriers.has("engine-alone")) {
    const why = `have JavaScript engines of which there are fewer than ${job.policy.quorum} here, and the job compares outputs of one engine only`;
    return { code: "volunteers-unsuited", why };
  }
  const why = "are not believed in this job any more, for they gave wrong outputs";
  return { code: "volunteers-excluded", why };
}

/** Those that are connected; of them, those that hold something and do not ask for more. */
function countCrowd({ volunteers, hungry }: Grid): { connected: number; busy: number } {
  let [connected, busy] = [0, 0];
  for (const { id, presence, leases } of volunteers.values()) {
    if (presence.state !== "connected") continue;
    connected += 1;
    if (leases.size > 0 && !hungry.has(id)) busy += 1;
  }
  return { connected, busy };
}
