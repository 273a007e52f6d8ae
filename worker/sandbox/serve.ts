/** Runs one service in a slot's worker: its start, its requests, several at a time. Knows no worker and no port. */
import { LIMITS } from "../../protocol/limits";
import { configOf, useClasses } from "./config-of";
import { lineOf } from "./context";
import { describeThrown } from "./errors";
import { freezeConfig } from "./frozen";
import { seededRandom } from "./random";
import type { Service, ServiceContext, ServiceData } from "./service";
import type { HandleAnswer, PingAnswer } from "./service-answers";
import type { LoadAnswer } from "./slot-answers";
import type { SlotRequest, SlotService } from "./slot-api";

export interface OpenService {
  /** Lines that the next ping takes along; what `console` is given is put there too. */
  readonly logs: string[];
  start(load: () => Promise<Service>): Promise<LoadAnswer>;
  /** Never throws for what the program does. */
  handle(requestId: string, request: SlotRequest): Promise<HandleAnswer>;
  cancel(requestId: string): void;
  ping(): PingAnswer;
}

export function openService({ config, data, facts }: Omit<SlotService, "program" | "runtime">): OpenService {
  const logs: string[] = [];
  const running = new Map<string, AbortController>();
  let service: Service | null = null;
  const surroundings: Omit<ServiceContext, "config"> = {
    data: data && dataOf(data),
    service: Object.freeze({ ...facts }),
    log(...values) {
      if (logs.length < LIMITS.logLines) logs.push(lineOf(values));
    },
  };
  let context: ServiceContext = { ...surroundings, config: null };

  return {
    logs,
    async start(load) {
      try {
        service = await load();
        useClasses(service.classes);
        // Only now: what is in it may be instances of the program's own classes.
        context = { ...surroundings, config: freezeConfig(configOf(config)).value };
        await service.start(context);
        return { type: "loaded" };
      } catch (error) {
        return { type: "unloadable", ...describeThrown(error) };
      }
    },
    async handle(requestId, request) {
      if (!service) throw new Error("handle was called before the service was started");
      const ended = new AbortController();
      running.set(requestId, ended);
      let random: (() => number) | null = null;
      try {
        return await service.handle(request, {
          ...context,
          signal: ended.signal,
          random: () => (random ??= seededRandom(requestId))(),
        });
      } catch (error) {
        return { type: "error", ...describeThrown(error) };
      } finally {
        running.delete(requestId);
        ended.abort();
      }
    },
    cancel: (requestId) => running.get(requestId)?.abort(),
    ping: () => ({ lines: logs.splice(0) }),
  };
}

function dataOf({ path, version, bytes }: NonNullable<SlotService["data"]>): ServiceData {
  return { path, version, bytes, text: () => new TextDecoder().decode(bytes) };
}
