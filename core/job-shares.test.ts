import { describe, expect, it } from "vitest";
import { openTestGrid } from "../testing/test-grid";
import { seededChance } from "./chance";
import { IndexedHeap } from "./indexed-heap";
import { JobShares } from "./job-shares";
import { taskIdParts } from "../protocol/ids";
import { jobId, output, share, volunteer } from "../testing/builders";

describe("shares of the computing time", () => {
  it("[FS2] gives the next task to the job that has had least for its weight", () => {
    const grid = openTestGrid();
    grid.submit({ id: "a", tasks: 9, quorum: 1 });
    grid.submit({ id: "b", tasks: 9, quorum: 1, share: { weight: 2 } });
    expect(grid.join("ada", { want: 6 })).toEqual([
      "a running",
      "ada gets a/map/0 a/map/1",
      "b running",
      "ada gets b/map/0 b/map/1 b/map/2 b/map/3",
    ]);
  });

  it("[FS3] doubles the share with each step of priority, and lets no job starve", () => {
    const grid = openTestGrid({ tasksHeld: 4_096 });
    grid.submit({ id: "low", tasks: 9_000, quorum: 1 });
    grid.submit({ id: "high", tasks: 9_000, quorum: 1, share: { priority: 10 } });
    const [, low, , high] = grid.join("ada", { want: 4_096 });
    expect([low?.split(" ").length, high?.split(" ").length]).toEqual([2 + 4, 2 + 4_092]);
  });

  it("[FS4] shares between submitters first: many jobs get no more than one", () => {
    const grid = openTestGrid();
    for (const id of ["a1", "a2", "a3"]) grid.submit({ id, tasks: 9, quorum: 1, share: { priority: 5 } });
    grid.submit({ id: "b", tasks: 9, quorum: 1, share: { submitter: "ben" } });
    expect(grid.join("ada", { want: 6 })).toContain("ada gets b/map/0 b/map/1 b/map/2");
  });

  it("[FS5] acts at once on a new priority, also for what the job is ahead already", () => {
    const grid = openTestGrid();
    grid.submit({ id: "a", tasks: 99, quorum: 1, share: { priority: -5 } });
    grid.join("ada", { want: 9 });
    grid.submit({ id: "b", tasks: 99, quorum: 1 });
    grid.join("bo", { want: 4 });
    expect(grid.reweigh("a", 5, 1)).toEqual(["a has priority 5 and weight 1"]);
    // Of 33 seconds, 32 are its own, though it had nine of them before.
    const [given] = grid.join("cy", { want: 33 });
    expect(given?.match(/a\/map/g)).toHaveLength(32);
    expect(grid.reweigh("a", 5, 1)).toEqual([]);
  });

  it("[FS6] saves nothing up for a job that had nothing to give out", () => {
    const shares = new JobShares();
    for (const id of ["a", "b"]) shares.add(jobId(id), share());
    shares.offer(jobId("a"));
    for (let task = 0; task < 100; task++) shares.charge(jobId("a"), 1_000);
    shares.offer(jobId("b"));
    const served: (string | undefined)[] = [];
    for (let task = 0; task < 4; task++) {
      const next = shares.next();
      served.push(next);
      if (next) shares.charge(next, 1_000);
    }
    expect(served).toEqual(["b", "a", "b", "a"]);
  });

  it("[FS7] charges what copies took, as far as that can be: nobody's claim costs a job more than the time it was out", () => {
    const grid = openTestGrid();
    grid.submit({ id: "a", tasks: 99, quorum: 1 });
    grid.submit({ id: "b", tasks: 99, quorum: 1 });
    grid.join("ada", { want: 2 });
    grid.wait(100);
    grid.report("ada", [output("a/map/0", "x", { elapsedMs: 1e9 })]);
    // It cost 100 ms and not the second that was guessed: ten of its tasks are worth one of the other job.
    const [given] = grid.join("bo", { want: 12 });
    expect(given).toMatch(/^bo gets a\/map\/1 a\/map\/2 .*a\/map\/9/);
  });

  it("[FS8] hands out no more copies at once than `maxInFlight`, and goes on as they end", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 9, quorum: 1, share: { maxInFlight: 2 } });
    expect(grid.join("ada", { want: 5 })).toContain("ada gets map/0 map/1");
    expect(grid.report("ada", [output("map/0", "x")])).toContain("ada gets map/2");
  });

  it("[FS9] lets no more volunteers work at once than `maxVolunteers`, and the next one when one has nothing left", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 9, quorum: 1, share: { maxVolunteers: 1 } });
    grid.join("ada", { want: 1 });
    expect(grid.join("bo", { want: 1 })).toEqual([]);
    expect(grid.report("ada", [output("map/0", "x")], 0)).toContain("bo gets map/1");
    expect(grid.report("ada", [], 1)).toEqual([]);
    expect(grid.leave("bo")).toContain("ada gets map/1");
  });

  it("[FS20] counts every task of a pack, and hands out a second copy of one only when there is room for all of it", () => {
    const grid = openTestGrid({}, true);
    grid.submit({ tasks: 1_000, cuts: [0], share: { maxInFlight: 12 } });
    const names = ["ada", "bo", "cy"];
    for (const name of names) grid.join(name, { want: 8 });
    const leasesOf = (name: string) => [...(grid.grid.volunteers.get(volunteer(name))?.leases.keys() ?? [])];
    let largest = 0;
    for (let round = 0; round < 60; round++) {
      for (const name of names) {
        grid.wait(1);
        const held = leasesOf(name);
        largest = Math.max(largest, ...held.map((id) => taskIdParts(id).count));
        // The invariants hold after each.
        grid.report(
          name,
          held.map((id) => output(id, "x", { elapsedMs: 1 })),
          8,
        );
      }
    }
    expect(largest).toBe(6);
    expect([...grid.grid.jobs.values()][0]?.stages[0]?.accepted.size).toBeGreaterThan(100);
  });

  it("[FS21] has a volunteer that comes back drop what it holds when others have as much as may be out", () => {
    for (const share of [{ maxInFlight: 1 }, { maxVolunteers: 1 }]) {
      const grid = openTestGrid();
      grid.submit({ tasks: 5, share });
      grid.join("ada");
      grid.leave("ada");
      expect(grid.join("bo")).toContain("bo gets map/0");
      expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual(["dropped map/0"]);
      grid.leave("bo");
      expect(grid.join("ada", { want: 0, held: ["map/0"] })).toEqual([]);
    }
  });

  it("[FS22] gives no more to a volunteer that is asked for what it has done, while another is all that may work", () => {
    const grid = openTestGrid();
    grid.submit({ tasks: 3, share: { maxVolunteers: 1 } });
    const large = [output("map/0", "x", { bytesHere: false })];
    grid.join("ada");
    grid.leave("ada");
    grid.join("bo");
    grid.report("bo", large);
    expect(grid.join("cy")).toContain("cy gets map/0");
    grid.join("ada", { want: 0 });
    expect(grid.report("ada", large, 1)).toEqual(["ada's copy of map/0 returned", "answered upload"]);
    expect(grid.report("ada", [output("map/0", "x")]).join()).toContain("map/0 accepted");
  });

  it("[FS10] finds work among many jobs that wait for somebody else without looking at each again", () => {
    const grid = openTestGrid();
    const names = Array.from({ length: 50 }, (_, number) => `job${number}`);
    grid.join("ada", { want: 64 });
    for (const id of names) grid.submit({ id });
    expect(grid.grid.aside.size).toBe(50);
    expect(grid.grid.shares.next()).toBeUndefined();
    expect(grid.join("bo", { want: 64 }).filter((words) => words.startsWith("bo gets"))).toHaveLength(50);
  });

  it("[FS11] keeps a heap's order while keys change their rank and leave", () => {
    const chance = seededChance(7);
    const heap = new IndexedHeap<number>();
    const ranks = new Map<number, number>();
    for (let step = 0; step < 2_000; step++) {
      const key = Math.floor(chance.next() * 50);
      if (chance.happens(0.3)) {
        expect(heap.delete(key)).toBe(ranks.delete(key));
      } else {
        ranks.set(key, Math.floor(chance.next() * 20));
        heap.set(key, ranks.get(key) ?? 0, key);
      }
      const first = [...ranks].sort(([a, rankA], [b, rankB]) => rankA - rankB || a - b)[0];
      expect(heap.peek()).toBe(first?.[0]);
      expect(heap.size).toBe(ranks.size);
    }
  });
});
