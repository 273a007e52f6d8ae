import { describe, expect, it } from "vitest";
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { after, type VolunteerId } from "../../protocol/ids";
import type { InstanceId, RequestId, ServiceName } from "../../protocol/service";
import { accountId, T0, volunteer } from "../../testing/builders";
import { advanceServices } from "./advance-services";
import type { ServiceEffect, ServiceEvent, WantedService } from "./service-events";
import { createServices } from "./services";

const SPELL = "spell" as ServiceName;
const request = (place: number) => `req_00000000_${place}` as RequestId;

/** Services with a clock, and short words for what happens. */
function openGrid({ onePerAddress = true } = {}) {
  const grid = createServices("00000000", { onePerAddress, startMs: 60_000 });
  let now = T0;
  const said: ServiceEffect[] = [];
  const happen = (event: ServiceEvent) => {
    const effects = advanceServices(grid, event, now);
    said.push(...effects);
    return effects;
  };
  const of = <T extends ServiceEffect["type"]>(type: T) =>
    said.filter((effect): effect is Extract<ServiceEffect, { type: T }> => effect.type === type);
  const instance = (name: string) => {
    const started = of("start-instance").filter(({ volunteerId }) => volunteerId === volunteer(name));
    return started.at(-1)?.instanceId ?? ("none" as InstanceId);
  };
  return {
    grid,
    said,
    happen,
    of,
    instance,
    want: (changes: Partial<WantedService> = {}) =>
      happen({
        type: "wanted",
        service: {
          ...{ name: SPELL, version: 1, instances: 2, quorum: 1, concurrency: 1, queue: 10, requires: {} },
          ...changes,
        },
      }),
    join: (name: string, capacity = 1, address: string | null = null, account: string | null = null) =>
      happen({
        type: "host-joined",
        volunteerId: volunteer(name),
        capacity,
        device: UNKNOWN_DEVICE,
        address,
        account: account === null ? null : accountId(account),
      }),
    ready: (name: string) =>
      happen({ type: "instance-ready", volunteerId: volunteer(name), instanceId: instance(name) }),
    fail: (name: string) =>
      happen({
        ...{ type: "instance-ended", volunteerId: volunteer(name), instanceId: instance(name) },
        ...{ message: "Error: no", stack: "", isFault: true },
      }),
    leave: (name: string) => happen({ type: "host-left", volunteerId: volunteer(name) }),
    ask: (place: number, quorum: number | null = null, timeoutMs = 1_000) =>
      happen({
        type: "asked",
        requestId: request(place),
        name: SPELL,
        quorum,
        deadlineAt: after(now, timeoutMs),
      }),
    answer: (name: string, place: number, vote = "x") =>
      happen({
        ...{ type: "responded", volunteerId: volunteer(name), instanceId: instance(name) },
        ...{ requestId: request(place), vote, isError: false },
      }),
    wait(ms: number) {
      now = after(now, ms);
      return happen({ type: "tick" });
    },
    /** Whom a request was given to, in order. */
    sentTo: (place: number) =>
      of("send").flatMap((effect) => (effect.requestId === request(place) ? [effect.volunteerId] : [])),
    outcome: (place: number) =>
      said.flatMap((effect) =>
        (effect.type === "answer" || effect.type === "refuse") && effect.requestId === request(place)
          ? [effect.type === "answer" ? "answered" : effect.reason]
          : [],
      ),
    running: () =>
      [...grid.instances.values()].map(({ volunteerId, version, state }) =>
        [volunteerId, version, state].join(),
      ),
  };
}

/** Two volunteers, each with an instance that is up. */
function openPair(changes: Partial<WantedService> = {}) {
  const grid = openGrid();
  grid.want(changes);
  for (const name of ["ada", "bo"]) {
    grid.join(name);
    grid.ready(name);
  }
  return grid;
}

const volunteers = (...names: string[]): VolunteerId[] => names.map(volunteer);

describe("placing instances", () => {
  it("[SV1] puts one into each of as many volunteers as are wanted, as soon as they are there", () => {
    const grid = openGrid();
    grid.want();
    for (const name of ["ada", "bo", "cy"]) grid.join(name, 4);
    expect(grid.of("start-instance").map(({ volunteerId }) => volunteerId)).toEqual(volunteers("ada", "bo"));
  });

  it("[SV2] takes the volunteer with the most room, and another address than the service has", () => {
    const grid = openGrid();
    grid.join("ada", 1, "here");
    grid.join("bo", 1, "here");
    grid.join("cy", 1, "there");
    grid.want();
    expect(grid.of("start-instance").map(({ volunteerId }) => volunteerId)).toEqual(volunteers("ada", "cy"));
  });

  it("[SV3] gives a volunteer that leaves, or an instance that ends, a successor elsewhere", () => {
    const grid = openPair();
    grid.join("cy");
    grid.leave("ada");
    expect(grid.instance("cy")).not.toBe("none");
    grid.join("di");
    grid.ready("cy");
    grid.fail("cy");
    grid.wait(500);
    expect(grid.running().sort()).toEqual(["bo,1,ready", "di,1,starting"]);
  });

  it("[SV4] rests longer and longer while instances do not come up, keeps why, and begins anew with another version", () => {
    const grid = openGrid();
    grid.want({ instances: 1 });
    for (const name of ["ada", "bo", "cy", "di"]) grid.join(name);
    grid.fail("ada");
    expect(grid.running()).toEqual([]);
    grid.wait(500);
    grid.fail("bo");
    grid.wait(500);
    expect(grid.running()).toEqual([]);
    grid.wait(500);
    expect(grid.running()).toEqual(["cy,1,starting"]);
    grid.fail("cy");
    expect(grid.grid.services.get(SPELL)?.errors.map(({ message }) => message)).toEqual(
      Array(3).fill("Error: no"),
    );
    grid.want({ instances: 1, version: 2 });
    expect(grid.running()).toEqual(["ada,2,starting"]);
  });

  it("[SV5] ends an instance that is not up in time", () => {
    const grid = openGrid();
    grid.want({ instances: 1 });
    grid.join("ada");
    grid.wait(60_001);
    expect(grid.of("stop-instance")).toHaveLength(1);
    expect(grid.grid.services.get(SPELL)?.errors[0]?.message).toBe("It was not up within 60000 ms");
  });

  it("[SV6] scales up and down: those with nothing to do go first, the others when they have answered", () => {
    const grid = openPair();
    grid.ask(1);
    grid.want({ instances: 1 });
    expect(grid.running()).toEqual(["ada,1,ready"]);
    grid.want({ instances: 0 });
    expect(grid.running()).toEqual(["ada,1,draining"]);
    grid.answer("ada", 1);
    expect([grid.running(), grid.outcome(1)]).toEqual([[], ["answered"]]);
    grid.want({ instances: 2 });
    expect(grid.running()).toEqual(["ada,1,starting", "bo,1,starting"]);
  });

  it("[SV7] takes an instance for gone that its volunteer does not name, and stops one that nobody knows", () => {
    const grid = openPair();
    const beat = (name: string, ...ids: InstanceId[]) =>
      grid.happen({
        type: "host-beat",
        volunteerId: volunteer(name),
        capacity: 1,
        running: ids.map((id) => ({ id, pingMs: 3 })),
      });
    beat("ada");
    expect(grid.running()).toHaveLength(2);
    grid.wait(10_001);
    const before = grid.instance("ada");
    beat("ada");
    expect(grid.instance("ada")).not.toBe(before);
    beat("bo", grid.instance("bo"), "ins_old" as InstanceId);
    expect(grid.of("stop-instance").map(({ instanceId }) => instanceId)).toEqual(["ins_old"]);
  });
});

describe("requests", () => {
  it("[SV8] go to the instance with the least to do, and wait when all have enough", () => {
    const grid = openPair();
    for (const place of [1, 2, 3]) grid.ask(place);
    expect([grid.sentTo(1), grid.sentTo(2), grid.sentTo(3)]).toEqual([
      volunteers("ada"),
      volunteers("bo"),
      [],
    ]);
    grid.answer("bo", 2);
    expect(grid.sentTo(3)).toEqual(volunteers("bo"));
  });

  it("[SV9] of a volunteer that leaves in the middle go to another, and are answered once", () => {
    const grid = openPair();
    grid.ask(1);
    const gone = grid.instance("ada");
    grid.leave("ada");
    expect(grid.sentTo(1)).toEqual(volunteers("ada", "bo"));
    grid.happen({
      ...{ type: "responded", volunteerId: volunteer("ada"), instanceId: gone },
      ...{ requestId: request(1), vote: "late", isError: false },
    });
    grid.answer("bo", 1);
    grid.answer("bo", 1);
    expect(grid.outcome(1)).toEqual(["answered"]);
    expect(grid.of("answer")).toMatchObject([{ attempts: 2 }]);
  });

  it("[SV10] beyond those that may wait are refused at once", () => {
    const grid = openPair({ queue: 1 });
    for (const place of [1, 2, 3, 4]) grid.ask(place);
    expect([1, 2, 3, 4].map(grid.outcome)).toEqual([[], [], [], ["queue-full"]]);
  });

  it("[SV11] are refused when their time is over: as late when one had it, else for want of instances", () => {
    const grid = openPair();
    for (const place of [1, 2, 3]) grid.ask(place);
    grid.wait(1_000);
    expect([1, 2, 3].map(grid.outcome)).toEqual([["timeout"], ["timeout"], ["no-instance"]]);
    expect(grid.of("cancel")).toHaveLength(2);
    // It is still at the one that nobody waits for, and has no room until it says so.
    grid.ask(4);
    expect(grid.sentTo(4)).toEqual([]);
    grid.answer("ada", 1);
    expect([grid.sentTo(4), grid.outcome(1)]).toEqual([volunteers("ada"), ["timeout"]]);
  });

  it("[SV12] that end one instance after the other are given to no more", () => {
    const grid = openGrid();
    grid.want({ instances: 4 });
    for (const name of ["ada", "bo", "cy", "di"]) {
      grid.join(name);
      grid.ready(name);
    }
    grid.ask(1);
    for (const name of ["ada", "bo", "cy"]) grid.fail(name);
    expect([grid.outcome(1), grid.sentTo(1)]).toEqual([["harmful"], volunteers("ada", "bo", "cy")]);
  });

  it("[SV13] to a service that does not run are refused, those it has are answered before it ends", () => {
    const grid = openPair();
    for (const place of [1, 2, 3]) grid.ask(place);
    grid.happen({ type: "unwanted", name: SPELL });
    grid.ask(4);
    expect(grid.outcome(4)).toEqual(["not-running"]);
    for (const [name, place] of [
      ["ada", 1],
      ["bo", 2],
      ["ada", 3],
    ] as const)
      grid.answer(name, place);
    expect([1, 2, 3].map(grid.outcome)).toEqual([["answered"], ["answered"], ["answered"]]);
    expect(grid.said.at(-1)).toEqual({ type: "ended", name: SPELL });
    expect([grid.grid.services.size, grid.grid.instances.size, grid.grid.requests.size]).toEqual([0, 0, 0]);
  });

  it("[SV37] that an instance gives back go to another", () => {
    const grid = openPair();
    grid.ask(1);
    const given = { volunteerId: volunteer("ada"), instanceId: grid.instance("ada") };
    grid.happen({ type: "returned", ...given, requestId: request(1) });
    expect(grid.sentTo(1)).toEqual(volunteers("ada", "bo"));
    grid.answer("bo", 1);
    expect(grid.outcome(1)).toEqual(["answered"]);
  });

  it("[SV14] whose asker has left are forgotten", () => {
    const grid = openPair();
    grid.ask(1);
    grid.happen({ type: "withdrawn", requestId: request(1) });
    expect([grid.of("cancel").length, grid.grid.requests.size]).toEqual([1, 0]);
  });
});

describe("an update", () => {
  it("[SV15] leaves the old version what it has, and gives the new one what comes", () => {
    const grid = openPair();
    grid.ask(1);
    grid.want({ version: 2 });
    grid.ask(2);
    expect(grid.sentTo(2)).toEqual(volunteers("bo"));
    const old = grid.running().filter((text) => text.includes(",1,"));
    expect(old).toEqual(["ada,1,ready", "bo,1,ready"]);
    grid.ready("ada");
    grid.ask(3);
    expect(grid.of("send").at(-1)?.instanceId).toBe(grid.instance("ada"));
    expect(grid.running().sort()).toEqual(
      ["ada,1,draining", "ada,2,ready", "bo,1,ready", "bo,2,starting"].sort(),
    );
    grid.ready("bo");
    expect(grid.running()).toContain("bo,1,draining");
  });

  it("[SV16] to a version that does not come up changes nothing for those who ask", () => {
    const grid = openPair();
    grid.want({ version: 2 });
    for (const name of ["ada", "bo"]) grid.fail(name);
    grid.ask(1);
    expect(grid.sentTo(1)).toEqual(volunteers("ada"));
    grid.want({ version: 1 });
    expect(grid.running()).toEqual(["ada,1,ready", "bo,1,ready"]);
  });
});

describe("a quorum", () => {
  function openFour(changes: Partial<WantedService> = {}) {
    const grid = openGrid();
    grid.want({ instances: 4, concurrency: 4, ...changes });
    for (const [place, name] of ["ada", "bo", "cy", "di"].entries()) {
      grid.join(name, 1, `address ${place >> 1}`);
      grid.ready(name);
    }
    return grid;
  }

  it("[SV17] asks as many volunteers, at different addresses, and answers when they agree", () => {
    const grid = openFour();
    grid.ask(1, 2);
    expect(grid.sentTo(1)).toEqual(volunteers("ada", "cy"));
    grid.answer("ada", 1);
    expect(grid.outcome(1)).toEqual([]);
    grid.answer("cy", 1);
    expect(grid.outcome(1)).toEqual(["answered"]);
  });

  it("[AC8] asks no two of one account, wherever they are", () => {
    const grid = openGrid({ onePerAddress: false });
    grid.want({ instances: 3, concurrency: 4 });
    for (const name of ["ada", "bo"]) {
      grid.join(name, 1, null, "ann");
      grid.ready(name);
    }
    grid.ask(1, 2);
    expect(grid.sentTo(1)).toEqual(volunteers("ada"));
    grid.happen({ type: "host-account", volunteerId: volunteer("bo"), account: null });
    expect(grid.sentTo(1)).toEqual(volunteers("ada", "bo"));
    grid.ask(2, 3);
    expect(grid.sentTo(2)).toEqual(volunteers("ada", "bo"));
    grid.join("cy", 1, null, "ann");
    grid.ready("cy");
    expect(grid.sentTo(2)).toEqual(volunteers("ada", "bo"));
  });

  it("[SV18] asks another one when they do not, and refuses the answer that is alone", () => {
    const grid = openPair({ instances: 3, concurrency: 4 });
    grid.join("cy");
    grid.ready("cy");
    for (const place of [1, 2, 3]) {
      grid.ask(place, 2);
      for (const name of ["ada", "bo", "cy"]) grid.answer(name, place, name === "ada" ? "lie" : "x");
      expect(grid.outcome(place)).toEqual(["answered"]);
    }
    const [last] = grid.of("answer").slice(-1);
    expect(last?.instanceId).not.toBe(grid.instance("ada"));
    // Three times is too often.
    expect(grid.running()).toEqual(["bo,1,ready", "cy,1,ready"]);
    grid.wait(60_000);
    expect(grid.running()).toEqual(["bo,1,ready", "cy,1,ready"]);
  });

  it("[SV19] says that they disagree when nobody is left to ask, and waits when too few are there", () => {
    const grid = openPair({ concurrency: 4 });
    grid.ask(1, 2);
    grid.answer("ada", 1, "x");
    grid.answer("bo", 1, "y");
    expect(grid.outcome(1)).toEqual(["disagreement"]);
    grid.ask(2, 3);
    grid.answer("ada", 2);
    grid.answer("bo", 2);
    expect(grid.outcome(2)).toEqual([]);
    grid.wait(1_000);
    expect(grid.said.filter(({ type }) => type === "refuse").at(-1)).toMatchObject({
      reason: "timeout",
      detail: "There was no answer of a quorum of 3 of spell in 1000 ms; 2 answered",
    });
  });
});

it("[SV20] percentiles are the least of the last values that so many are not above", async () => {
  const { latencyOf, noteLatency, openLatencyLog } = await import("./latency");
  const log = openLatencyLog();
  expect(latencyOf(log)).toBeNull();
  for (let ms = 1_000; ms >= 1; ms--) noteLatency(log, ms);
  expect(latencyOf(log)).toEqual({ count: 1_000, p50: 256, p95: 487, p99: 507 });
});
