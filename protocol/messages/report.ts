/** tab → coordinator: hands over what ended and asks for more, in one message. */
import * as z from "zod";
import { LIMITS } from "../limits";
import { BlockPart, outcomeWith, RunPart, TextPart, type Outcome, type Part } from "../task";
import { TaskId } from "../ids";
import { Assign } from "./assign";
import { Heartbeat } from "./heartbeat";
import { PaceMs } from "./pace";

export interface Report {
  readonly outcomes: Outcome[];
  /** How many tasks the tab can take beyond those it has already asked for. */
  readonly want: number;
  /** Stands for a heartbeat of its own. Only to a coordinator that has told a pace: earlier ones do not read it. */
  readonly beat?: Heartbeat;
}

/** Runs that travel in the message lie in one buffer, one after the other: socket.io sends every buffer by itself. */
const PackedPart = z.union([
  TextPart,
  RunPart.omit({ run: true }).extend({ runBytes: z.int().min(0).max(LIMITS.packBytes) }),
  BlockPart,
]);

export const PackedReport = z.object({
  outcomes: z.array(outcomeWith(PackedPart)).max(LIMITS.batch),
  want: z.int().min(0).max(LIMITS.tasksHeld),
  beat: Heartbeat.optional(),
  /** An ArrayBuffer as it is sent, a Buffer as it comes. */
  runs: z.union([z.instanceof(ArrayBuffer), z.instanceof(Uint8Array)]).optional(),
});
export type PackedReport = z.infer<typeof PackedReport>;

export function packReport({ outcomes, want, beat }: Report): PackedReport {
  const runs: Uint8Array[] = [];
  const packed = outcomes.map((outcome) => {
    if (outcome.type !== "output") return outcome;
    const parts = outcome.parts.map((part) => {
      if (!("run" in part)) return part;
      const { run, ...rest } = part;
      runs.push(run);
      return { ...rest, runBytes: run.byteLength };
    });
    return { ...outcome, parts };
  });
  return { outcomes: packed, want, ...(beat && { beat }), ...(runs.length > 0 && { runs: joined(runs) }) };
}

function joined(runs: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(runs.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const run of runs) {
    all.set(run, at);
    at += run.byteLength;
  }
  return all.buffer;
}

/** What the coordinator reads: every run is with its part again. */
export const ReportOnWire = PackedReport.transform(
  ({ outcomes, want, beat, runs = new Uint8Array() }, context): Report => {
    const bytes = runs instanceof Uint8Array ? runs : new Uint8Array(runs);
    let at = 0;
    const unpacked = outcomes.map((outcome): Outcome => {
      if (outcome.type !== "output") return outcome;
      const parts = outcome.parts.map((part): Part => {
        if (!("runBytes" in part)) return part;
        const { runBytes, ...rest } = part;
        return { ...rest, run: bytes.subarray(at, (at += runBytes)) };
      });
      return { ...outcome, parts };
    });
    if (at !== bytes.byteLength)
      context.addIssue({
        code: "custom",
        message: `runs must have ${at} bytes, as the parts say; got ${bytes.byteLength}`,
      });
    return { outcomes: unpacked, want, ...(beat && { beat }) };
  },
);

/**
 * `done`: committed, or no longer wanted: forget it. `hold`: counted, its bytes may
 * be asked for. `upload`: PUT its large parts as blocks, then report it again.
 */
export const Answer = z.enum(["done", "hold", "upload"]);
export type Answer = z.infer<typeof Answer>;

export const Receipt = z.object({
  /** One for each outcome, in order; sent when what they say is durable. */
  answers: z.array(Answer),
  /** What the tab is given to run, when it had enough to do to wait for this: one message costs less than two. */
  assigned: Assign.optional(),
  /** Of the tasks that the report's heartbeat says are held, those nobody waits for any more. */
  dropped: z.array(TaskId).optional(),
  paceMs: PaceMs,
});
export type Receipt = z.infer<typeof Receipt>;
