/** A coordinator whose disk is full: nothing is lost, nothing half-written is served, and it goes on by itself when there is room. */
import { createHash } from "node:crypto";
import { DatasetView, UploadView } from "../protocol/dataset";
import { expectSquares, squares } from "./fixtures/jobs";
import type { Rest } from "./fixtures/rest";
import { openSmallDisk, type SmallDisk } from "./fixtures/small-disk";
import { expect, test as base } from "./fixtures/test";
import { until } from "./fixtures/until";

const MIB = 2 ** 20;
const BLOCK = 4 * MIB;
const TASKS = 160;

const test = base.extend<{ disk: SmallDisk }>({
  disk: async ({}, use) => {
    const disk = await openSmallDisk(64 * MIB);
    await use(disk);
    await disk.close();
  },
});

/** No two of its blocks are the same. */
const text = Array.from({ length: (20 * MIB) / 64 }, (_, place) => `${`${place} `.padEnd(63, "x")}\n`).join(
  "",
);

const put = (rest: Rest, name: string, body: string) =>
  rest.fetch(`/api/v1/datasets/ada/${name}?blockBytes=${BLOCK}`, { method: "PUT", body });

async function expectFull(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  expect([response.status, await response.text()]).toEqual([
    507,
    expect.stringMatching(/disk-full.*is full; free some space/),
  ]);
}

const notReady = (rest: Rest) =>
  until(
    "it is not ready",
    async () => {
      const response = await rest.fetch("/readyz");
      return `${response.status} ${await response.text()}`;
    },
    (said) => /^503 .*is full/.test(said),
  );

test("[E4702] a disk that is full in the middle of an upload and of a job refuses in clear words, serves nothing half-written, and goes on when there is room, also after a kill", async ({
  coordinator,
  disk,
  rest,
  volunteer,
  page,
}) => {
  expect((await put(rest, "kept", "one\ntwo\n")).status).toBe(201);
  await volunteer(2);
  // Long enough for everything that is to happen meanwhile, also on a slow machine.
  const job = await rest.submit(squares(20 * TASKS, 60));
  await rest.jobUntil(job.id, "has begun", ({ progress }) => progress > 0);

  // Room for some blocks of it, and not for all: the job goes on meanwhile.
  await disk.fill(7 * MIB, coordinator.pid);
  const before = (await rest.job(job.id)).progress;
  await expectFull(put(rest, "large", text));
  for (const part of ["", "/content", "/blocks", "/versions"])
    expect((await rest.fetch(`/api/v1/datasets/ada/large${part}`)).status, part).toBe(404);
  expect(await rest.datasets()).toEqual(["/ada/kept"]);
  await rest.jobUntil(job.id, "goes on", ({ progress }) => progress > before);
  // What had come was given up, so that there is room again for what is smaller.
  await until(
    "there is room again",
    () => put(rest, "small", text.slice(0, MIB)),
    ({ status }) => status === 201,
  );

  const begun = await rest.post("/api/v1/uploads", { dataset: "/ada/large", blockBytes: BLOCK });
  const upload = `/api/v1/uploads/${UploadView.parse(await begun.json()).id}`;
  const send = (offset: number) =>
    rest.fetch(upload, {
      method: "PATCH",
      headers: { "upload-offset": String(offset), "upload-complete": "?1" },
      body: text.slice(offset),
    });
  await expectFull(send(0));

  // Now there is none at all: nothing can be written down any more.
  await disk.fill(0, coordinator.pid);
  await notReady(rest);
  await page.goto(`${coordinator.origin}/jobs/${job.id}`);
  await expect(page.getByTestId("waiting-reason")).toContainText(
    "The coordinator's disk is full; free some space",
  );
  expect((await rest.job(job.id)).waiting).toMatchObject({ code: "not-written" });
  await expectFull(put(rest, "late", "late\n"));
  await expectFull(rest.post("/api/v1/jobs", squares(1, 1)));
  expect(await (await rest.fetch("/api/v1/datasets/ada/kept/content")).text()).toBe("one\ntwo\n");

  const stuckAt = (await rest.job(job.id)).progress;
  await disk.free(coordinator.pid);
  await rest.jobUntil(
    job.id,
    "goes on by itself",
    ({ progress, waiting }) => progress > stuckAt && waiting === null,
  );
  await expect(page.getByTestId("waiting-reason")).toHaveCount(0);
  const { offset } = UploadView.parse(await (await rest.fetch(upload)).json());
  const sent = await send(offset);
  expect(sent.status).toBe(201);
  expect(DatasetView.parse(await sent.json()).latest.sha256).toBe(
    createHash("sha256").update(text).digest("hex"),
  );

  expect((await rest.post(`/api/v1/jobs/${job.id}/cancel`, undefined)).status).toBe(200);

  // So many that it has something to write when the disk is full, however long filling it takes.
  const next = await rest.submit(squares(2 * TASKS, 60));
  await rest.jobUntil(next.id, "has begun", ({ progress }) => progress > 0);
  await disk.fill(0, coordinator.pid);
  await notReady(rest);
  await coordinator.kill();
  // Whether it can start depends on whether it has anything to write.
  const refused = await coordinator.start().then(
    () => null,
    (error: unknown) => String(error),
  );
  expect(refused ?? "is full").toContain("is full");
  coordinator.deaths.length = 0;
  await disk.free(refused === null ? coordinator.pid : null);
  if (refused !== null) await coordinator.start();
  await rest.completed(next.id);
  expectSquares(await rest.result(next.id), 2 * TASKS);
  expect((await put(rest, "late", "late\n")).status).toBe(201);

  const said = new Set(coordinator.bugs.map(({ msg }) => msg));
  expect([...said]).toEqual(["the database does not take a commit; trying again"]);
  coordinator.log.length = 0;
});
