import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JobId } from "../../protocol/ids";
import { openRunAreas } from "./run-areas";

const ONE = JobId.parse("job_0123456789abcdef");
const OTHER = JobId.parse("job_fedcba9876543210");

describe("the runs of jobs", () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), "tabgrid-runs-"))));
  afterEach(() => rm(folder, { recursive: true }));
  const open = (...needed: JobId[]) => openRunAreas(folder, (jobId) => needed.includes(jobId));

  it("[RA50] are read by their digests, whichever job has them", async () => {
    const areas = await open(ONE);
    const digest = await (await areas.of(ONE)).write(Buffer.from("a run"));
    expect(String(await areas.all.read(digest))).toBe("a run");
  });

  it("[RA51] go with their job, and what another has of them stays", async () => {
    const areas = await open(ONE, OTHER);
    const shared = await (await areas.of(ONE)).write(Buffer.from("shared"));
    const own = await (await areas.of(ONE)).write(Buffer.from("own"));
    await (await areas.of(OTHER)).write(Buffer.from("shared"));
    expect([...areas.jobsWith(shared)]).toEqual([ONE, OTHER]);
    await areas.free(ONE);
    expect([...areas.jobsWith(shared)]).toEqual([OTHER]);
    expect(String(await areas.all.read(shared))).toBe("shared");
    await expect(areas.all.read(own)).rejects.toMatchObject({ code: "block-not-found" });
    await areas.free(OTHER);
    expect(await readdir(folder)).toEqual([]);
    expect(areas.size).toBe(0);
  });

  it("[RA52] of a job that goes on are there after a restart, those of an ended one are gone", async () => {
    const before = await open(ONE, OTHER);
    const kept = await (await before.of(ONE)).write(Buffer.from("kept"));
    const ended = await (await before.of(OTHER)).write(Buffer.from("ended"));
    const after = await open(ONE);
    expect(String(await after.all.read(kept))).toBe("kept");
    await expect(after.all.read(ended)).rejects.toMatchObject({ code: "block-not-found" });
    expect(await readdir(folder)).toEqual([ONE]);
  });

  it("[RA53] are read from another job's folder when one job's is gone from the disk", async () => {
    const areas = await open(ONE, OTHER);
    const digest = await (await areas.of(ONE)).write(Buffer.from("shared"));
    await (await areas.of(OTHER)).write(Buffer.from("shared"));
    await rm(path.join(folder, ONE, digest.slice(0, 2), digest));
    expect(String(await areas.all.read(digest))).toBe("shared");
    await rm(path.join(folder, OTHER, digest.slice(0, 2), digest));
    await expect(areas.all.read(digest)).rejects.toMatchObject({ code: "block-not-found" });
    expect([...areas.jobsWith(digest)]).toEqual([ONE, OTHER]);
  });
});
