/** One worker in some page's sandbox, from its start to its end, as the slots see it. */
import type { Runtime } from "../../protocol/runtime";
import type { JobSpec } from "../../protocol/task";
import { callsOver, hangUp, moving } from "../comlink";
import { SlotNotice } from "../sandbox/slot-answers";
import type { RuntimeFiles, SlotApi, SlotJob, SlotTask } from "../sandbox/slot-api";
import { BundleEnd, FromSlot, type ToSlot } from "../sandbox/stream-messages";

/** Its answers come from where other people's code runs: nothing about them is certain, also not that they come. */
export interface SlotRunner {
  /** Settles once the worker is there and answers. */
  start(): Promise<void>;
  /** Opens the runtime of the job, and what reads its records, if they consist of files. */
  prepare(runtime: Runtime, files: RuntimeFiles): Promise<void>;
  load(spec: JobSpec, program: Uint8Array): Promise<unknown>;
  /** Settles after everything was heard that the tasks said. */
  run(tasks: readonly SlotTask[]): Promise<unknown>;
  close(): void;
}

/** Told of the task that runs, and of what passes between it and the agent meanwhile. */
export interface RunnerListener {
  noticed(notice: SlotNotice): void;
  heard(message: FromSlot, answer: (message: ToSlot) => void): void;
}

/** A worker that has not started. */
export type OpenRunner = (slotId: string, listener: RunnerListener) => SlotRunner;

export interface SlotHost {
  spawn(slotId: string, port: MessagePort): Promise<void>;
  kill(slotId: string): Promise<void>;
}

export function runnersOn(host: SlotHost, reportBug: (error: unknown) => void): OpenRunner {
  return (slotId, listener) => {
    const { port1, port2 } = new MessageChannel();
    const notices = new MessageChannel();
    notices.port1.onmessage = ({ data }: MessageEvent<unknown>) => {
      const notice = SlotNotice.safeParse(data);
      if (notice.success) listener.noticed(notice.data);
    };
    const stream = new MessageChannel();
    /** Of the bundles that it was given, oldest first. */
    const ends: (() => void)[] = [];
    stream.port1.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (BundleEnd.safeParse(data).success) return ends.shift()?.();
      const message = FromSlot.safeParse(data);
      if (message.success) listener.heard(message.data, (answer) => stream.port1.postMessage(answer));
    };
    const calls = callsOver<SlotApi>(port1);
    return {
      async start() {
        await host.spawn(slotId, port2);
        await calls.ready();
      },
      async prepare(runtime, files) {
        if (Object.keys(files).length > 0) await calls.prepare(runtime, files);
      },
      load({ config, format, source, recordsPerTask, reducers, runtime, sendsAll }, program) {
        const job: SlotJob = {
          spec: { config, format, recordsPerTask, reducers, runtime, sendsAll, ...(source && { source }) },
          program,
          notices: notices.port2,
          stream: stream.port2,
        };
        return calls.load(moving(job, [notices.port2, stream.port2]));
      },
      async run(tasks) {
        // Ports have no order among each other: in Node the outcomes come before the parts that they name, one time in a few.
        const end = new Promise<void>((resolve) => ends.push(resolve));
        const [outcomes] = await Promise.all([calls.run(tasks), end]);
        return outcomes;
      },
      close() {
        host.kill(slotId).catch(reportBug);
        notices.port1.close();
        stream.port1.close();
        hangUp(calls);
        port1.close();
      },
    };
  };
}
