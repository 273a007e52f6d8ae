/** Services under any sequence of events at all, and a crowd of volunteers that come, go, lie and stay silent. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { after, type EpochMs } from "../../protocol/ids";
import type { RequestId, ServiceName } from "../../protocol/service";
import { accountId, T0, volunteer } from "../../testing/builders";
import { advanceServices } from "./advance-services";
import type { ServiceEffect, ServiceEvent } from "./service-events";
import { createServices, type Services } from "./services";

const NAMES = ["ada", "bo", "cy", "di", "ed"];
const SERVICES = ["spell", "thumb"] as ServiceName[];

/** What a sequence of choices is made of: a kind of event, and numbers to pick what it is about. */
const step = fc.record({
  kind: fc.constantFrom(
    ...([
      "want",
      "want",
      "unwant",
      "join",
      "join",
      "leave",
      "ready",
      "ready",
      "ready",
      "end",
      "fault",
      "beat",
    ] as const),
    ...([
      "ask",
      "ask",
      "ask",
      "answer",
      "answer",
      "answer",
      "answer",
      "return",
      "withdraw",
      "wait",
      "wait",
    ] as const),
  ),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)];

function eventOf(grid: Services, { kind, a, b }: Step, asked: number, now: EpochMs): ServiceEvent | null {
  const name = pick(SERVICES, a) ?? ("spell" as ServiceName);
  const volunteerId = volunteer(pick(NAMES, a) ?? "ada");
  const instance = pick([...grid.instances.values()], a);
  const at = instance && { volunteerId: instance.volunteerId, instanceId: instance.id };
  const requestId = instance && (pick([...instance.outstanding], b) ?? null);
  switch (kind) {
    case "want": {
      const limits = { quorum: 1 + (b % 2), concurrency: 1 + (b % 3), queue: b % 4, requires: {} };
      return { type: "wanted", service: { name, version: 1 + (b % 3), instances: a % 4, ...limits } };
    }
    case "unwant":
      return { type: "unwanted", name };
    case "join":
      return {
        type: "host-joined",
        volunteerId,
        capacity: b % 3,
        device: UNKNOWN_DEVICE,
        address: b % 2 ? "x" : null,
        account: a % 2 ? accountId("ann") : null,
      };
    case "leave":
      return { type: "host-left", volunteerId };
    case "beat": {
      const running = [...(grid.hosts.get(volunteerId)?.instances ?? [])].filter(
        (_, place) => (b >> place) % 4 !== 0,
      );
      return {
        type: "host-beat",
        volunteerId,
        capacity: b % 3,
        running: running.map((id) => ({ id, pingMs: b })),
      };
    }
    case "ready":
      return at ? { type: "instance-ready", ...at } : null;
    case "end":
    case "fault":
      return at
        ? { type: "instance-ended", ...at, message: "no", stack: "", isFault: kind === "fault" }
        : null;
    case "ask": {
      const id = `req_00000000_${asked + 1}` as RequestId;
      return {
        type: "asked",
        requestId: id,
        name,
        quorum: b % 3 || null,
        deadlineAt: after(now, 100 + b * 5),
      };
    }
    case "answer":
      return at && requestId
        ? { type: "responded", ...at, requestId, vote: `v${b % 2}`, isError: b % 5 === 0 }
        : null;
    case "return":
      return at && requestId ? { type: "returned", ...at, requestId } : null;
    case "withdraw": {
      const open = pick([...grid.requests.keys()], a);
      return open ? { type: "withdrawn", requestId: open } : null;
    }
    case "wait":
      return { type: "tick" };
  }
}

/** Services that run and volunteers that are there: from nothing, most sequences would not get to a request. */
const BEGINNING: readonly Step[] = [
  ...[2, 3].map((a) => ({ kind: "want" as const, a, b: 3 })),
  ...[0, 1, 2, 3, 4].map((a) => ({ kind: "join" as const, a, b: 2 })),
  ...[0, 1, 2, 3, 4, 0, 1, 2].map((a) => ({ kind: "ready" as const, a, b: 0 })),
];

/** Checks each step, and keeps what was asked and answered. */
function openWatch() {
  const asked = new Set<RequestId>();
  const ended = new Map<RequestId, number>();
  const withdrawn = new Set<RequestId>();
  return { asked, ended, withdrawn, check };

  function check(grid: Services, event: ServiceEvent, effects: readonly ServiceEffect[]): void {
    if (event.type === "asked") asked.add(event.requestId);
    if (event.type === "withdrawn") withdrawn.add(event.requestId);
    for (const effect of effects) {
      if (effect.type !== "answer" && effect.type !== "refuse") continue;
      expect(withdrawn.has(effect.requestId), "nobody waits for it any more").toBe(false);
      ended.set(effect.requestId, (ended.get(effect.requestId) ?? 0) + 1);
    }
    for (const count of ended.values()) expect(count, "no request is answered twice").toBe(1);
    for (const id of asked) {
      expect(grid.requests.has(id) || ended.has(id) || withdrawn.has(id), `${id} is not lost`).toBe(true);
    }
    for (const request of grid.requests.values()) {
      const service = grid.services.get(request.name);
      const out = [...request.copies].filter(([, { state }]) => state === "out");
      expect(service?.open.has(request.id), "an open request belongs to a service").toBe(true);
      expect(out.length > 0 || service?.queue.includes(request.id), `${request.id} is out or waits`).toBe(
        true,
      );
      for (const [id] of out) expect(grid.instances.get(id)?.outstanding.has(request.id)).toBe(true);
      const voters = [...request.copies.values()].flatMap((copy) =>
        copy.state === "lost" ? [] : copy.volunteerId,
      );
      expect(new Set(voters).size, "no volunteer votes twice").toBe(voters.length);
    }
    const seen = new Set<string>();
    for (const { id, name, version, volunteerId, outstanding } of grid.instances.values()) {
      expect(
        grid.hosts.get(volunteerId)?.instances.has(id),
        "an instance is in a volunteer that is there",
      ).toBe(true);
      expect(grid.services.get(name)?.instances.has(id), "and belongs to a service").toBe(true);
      expect(outstanding.size).toBeLessThanOrEqual(3);
      const key = [name, version, volunteerId].join();
      if (grid.instances.get(id)?.state !== "draining") {
        expect(seen.has(key), "no volunteer runs a version twice").toBe(false);
        seen.add(key);
      }
    }
  }
}

it("[SV21] answers every request once at most and loses none, whatever happens", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
      const grid = createServices("00000000", { onePerAddress: true, startMs: 5_000 });
      const watch = openWatch();
      let now = T0;
      for (const each of [...BEGINNING, ...steps]) {
        if (each.kind === "wait") now = after(now, each.a * 3);
        const event = eventOf(grid, each, watch.asked.size, now);
        if (!event) continue;
        watch.check(grid, event, advanceServices(grid, event, now));
      }
      // Once all deadlines are over, everybody has been answered.
      now = after(now, 100_000);
      watch.check(grid, { type: "tick" }, advanceServices(grid, { type: "tick" }, now));
      expect(grid.requests.size).toBe(0);
    }),
    { numRuns: 400 },
  );
});

it("[SV22] brings up as many instances as are wanted, or as there are volunteers for, once all is quiet", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 0, max: 6 }), (steps, instances) => {
      const grid = createServices("00000000", { onePerAddress: true, startMs: 5_000 });
      let now = T0;
      const happen = (event: ServiceEvent) => advanceServices(grid, event, now);
      for (const [place, each] of steps.entries()) {
        if (each.kind === "wait") now = after(now, each.a * 3);
        const event = eventOf(grid, each, place, now);
        if (event) happen(event);
      }
      const [name] = SERVICES;
      for (const other of SERVICES) happen({ type: "unwanted", name: other });
      for (const each of NAMES) {
        happen({
          type: "host-joined",
          volunteerId: volunteer(each),
          capacity: 1,
          device: UNKNOWN_DEVICE,
          address: null,
          account: null,
        });
      }
      const limits = { quorum: 1, concurrency: 1, queue: 1, requires: {} };
      if (name) happen({ type: "wanted", service: { name, version: 9, instances, ...limits } });
      for (let round = 0; round < 20; round++) {
        now = after(now, 40_000);
        for (const { id, volunteerId, state } of [...grid.instances.values()]) {
          if (state === "starting") happen({ type: "instance-ready", volunteerId, instanceId: id });
        }
        happen({ type: "tick" });
      }
      const up = [...grid.instances.values()].map(({ version, state }) => `${version} ${state}`);
      expect(up).toEqual(Array(Math.min(instances, NAMES.length)).fill("9 ready"));
    }),
    { numRuns: 200 },
  );
});
