/** The worker of one instance of a service, in some page's sandbox: from its start to its end. */
import type { RequestId } from "../../protocol/service";
import { callsOver, hangUp, moving } from "../comlink";
import type { RuntimeFiles, SlotApi, SlotRequest, SlotService } from "../sandbox/slot-api";
import type { SlotHost } from "./slot-runner";

/** Its answers come from where other people's code runs: nothing about them is certain, also not that they come. */
export interface InstanceRunner {
  start(service: SlotService, files: RuntimeFiles): Promise<unknown>;
  handle(requestId: RequestId, request: SlotRequest): Promise<unknown>;
  cancel(requestId: RequestId): Promise<void>;
  ping(): Promise<unknown>;
  close(): void;
}

export type OpenInstanceRunner = (instanceId: string) => InstanceRunner;

export function instancesOn(host: SlotHost, reportBug: (error: unknown) => void): OpenInstanceRunner {
  return (instanceId) => {
    const { port1, port2 } = new MessageChannel();
    const calls = callsOver<SlotApi>(port1);
    return {
      async start(service, files) {
        await host.spawn(instanceId, port2);
        await calls.ready();
        return calls.startService(service, files);
      },
      handle: (requestId, request) => calls.handle(requestId, moving(request, [])),
      cancel: (requestId) => calls.cancel(requestId),
      ping: () => calls.ping(),
      close() {
        host.kill(instanceId).catch(reportBug);
        hangUp(calls);
        port1.close();
      },
    };
  };
}
