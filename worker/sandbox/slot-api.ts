/**
 * What the agent asks of a slot's worker.
 *
 *   agent ── ready ──▶ slot     answered as soon as the worker is up
 *   agent ── prepare ▶ slot     what the job's runtime needs, once in the worker's life
 *   agent ── load ───▶ slot     one job's program, once in the worker's life
 *   agent ── run ────▶ slot     several tasks; answered when all have ended
 *   agent ── startService ▶ slot     one service's program, once in the worker's life
 *   agent ── handle ─▶ slot     a request to it; several at a time
 *   agent ── cancel, ping ─▶ slot     nobody waits for that answer; whether it answers still, and what it wrote
 *   agent ◀─ notice ── slot     a plain message on its own port: which task runs, how far it is
 *   agent ◀─ stream ─▶ slot     plain messages on another: parts of outputs, blocks of runs (stream-messages.ts)
 *
 * The slot runs other people's code, so the agent parses everything that comes back.
 */
import type { Digest, TaskId } from "../../protocol/ids";
import type { Runtime } from "../../protocol/runtime";
import type { JobSpec } from "../../protocol/task";
import type { Content } from "../content";
import type { HandleAnswer, PingAnswer } from "./service-answers";
import type { LoadAnswer, SlotOutcome } from "./slot-answers";

export interface SlotApi {
  ready(): Promise<void>;
  /** @param files By name, of the runtime and of what reads the records; without any, no call is needed. */
  prepare(runtime: Runtime, files: RuntimeFiles): Promise<void>;
  load(job: SlotJob): Promise<LoadAnswer>;
  /** One outcome for each task, in order. Never throws for what a program does. Called early, it waits its turn. */
  run(tasks: readonly SlotTask[]): Promise<SlotOutcome[]>;
  startService(service: SlotService, files: RuntimeFiles): Promise<LoadAnswer>;
  /** Never throws for what a program does. */
  handle(requestId: string, request: SlotRequest): Promise<HandleAnswer>;
  cancel(requestId: string): Promise<void>;
  /** Takes along what the program wrote. */
  ping(): Promise<PingAnswer>;
}

/** What a program is told of the service that it is. */
export interface ServiceFacts {
  readonly name: string;
  readonly version: number;
  readonly instance: string;
}

export interface SlotService {
  readonly facts: ServiceFacts;
  readonly runtime: Runtime;
  readonly config: unknown;
  readonly program: Uint8Array;
  readonly data: { readonly path: string; readonly version: number; readonly bytes: Uint8Array } | null;
}

export interface SlotRequest {
  readonly method: string;
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type RuntimeFiles = Readonly<Record<string, Uint8Array>>;

export interface SlotJob {
  readonly spec: Pick<
    JobSpec,
    "config" | "format" | "recordsPerTask" | "reducers" | "runtime" | "sendsAll" | "source"
  >;
  readonly program: Uint8Array;
  /** Where `SlotNotice`s go, at most one every 25 ms. */
  readonly notices: MessagePort;
  /** For `FromSlot` and `ToSlot`. */
  readonly stream: MessagePort;
}

export interface SlotTask {
  readonly taskId: TaskId;
  readonly input: SlotInput;
  /** Of a map whose result is to be in order: a block of a run with the bounds of the reducers' ranges. */
  readonly ranges?: Uint8Array;
}

export type SlotInput =
  /** `bytes` is null when this is the block of the records task before, also of the call before. A `Blob` is verified by the slot. */
  | {
      readonly type: "records";
      readonly block: Digest;
      readonly bytes: Content | null;
      readonly from: number;
      readonly to: number;
      readonly firstRecord: number;
      readonly skip?: number | undefined;
    }
  | {
      readonly type: "range";
      readonly start: number;
      readonly step: number;
      readonly count: number;
      readonly firstRecord: number;
    }
  /** One run of each map task, in the order of the map tasks. */
  | { readonly type: "runs"; readonly runs: readonly SlotRun[] };

export interface SlotRun {
  /** Its first blocks, or all of them. */
  readonly blocks: readonly Uint8Array[];
  /** How many blocks come after those: they are asked for, one by one. */
  readonly later: number;
}
