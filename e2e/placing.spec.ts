/** Who may confirm whom: network addresses and JavaScript engines. */
import type { TaskView } from "../protocol/views";
import { expectSquares, squareLine, squares } from "./fixtures/jobs";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";
import type { Answer } from "./fixtures/test-volunteer";
import { until } from "./fixtures/until";

/** Honest about squares of single numbers. */
const honest: Answer = ({ input }) =>
  input.type === "range" ? [squareLine(input.start + input.firstRecord)] : null;
const TASKS = 3;

test.describe("behind a proxy", () => {
  test.use({ settings: { TABGRID_TRUST_PROXY: "loopback" } });

  test("[E4202] two volunteers at one network address do not confirm each other, and the job says what it waits for", async ({
    coordinator,
    volunteer,
    testVolunteer,
    page,
    rest,
  }) => {
    await testVolunteer(honest, 9, { forwardedFor: "198.51.100.7" });
    await testVolunteer(honest, 9, { forwardedFor: "203.0.113.1, 198.51.100.7" });
    const { id } = await rest.submit(squares(TASKS, 0, { quorum: 2 }));
    const job = await rest.jobUntil(id, "waits", ({ waiting }) => waiting?.code === "more-volunteers");
    expect(job.waiting?.message).toContain("the 2 that are connected come from one address");
    await page.goto(`${coordinator.origin}/jobs/${id}`);
    await expect(page.getByTestId("waiting-reason")).toContainText("different network addresses");
    const areAnswered = (tasks: TaskView[]) =>
      tasks.every(({ copies }) => copies.some(({ state }) => state === "returned"));
    for (const { copies } of await until("all have one answer", () => rest.tasks(id), areAnswered))
      expect(copies).toHaveLength(1);

    await volunteer();
    await rest.completed(id);
    expectSquares(await rest.result(id), TASKS);
  });

  test("[E4201] a browser that is far away gets blocks of text packed, and blocks that would not shrink as they are", async ({
    browser,
    coordinator,
    rest,
  }) => {
    const extraHTTPHeaders = { "x-forwarded-for": "198.51.100.9" };
    const context = await browser.newContext({ extraHTTPHeaders });
    const text = Array.from({ length: 20_000 }, (_, n) => `line ${n} of a text that shrinks\n`).join("");
    const dense = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * n * 2_654_435_761) >>> 13));
    const put = async (name: string, body: string | Uint8Array<ArrayBuffer>, query: string) => {
      const answer = await rest.fetch(`/api/v1/datasets/ada/${name}?${query}`, { method: "PUT", body });
      expect(answer.status).toBe(201);
      const blocks = await rest.fetch(`/api/v1/datasets/ada/${name}/blocks`);
      return ((await blocks.json()) as { blocks: { digest: string }[] }).blocks[0]?.digest ?? "";
    };
    const shrinking = await put("text", text, "format=lines");
    const solid = await put("dense", dense, "format=bytes&recordBytes=100");
    const { page } = await openTab(context, coordinator.origin);
    const sizes = (digest: string) =>
      page.evaluate(async (address) => {
        const body = await (await fetch(address, { cache: "no-store" })).arrayBuffer();
        // It is noted down when the body has been read, or a moment later.
        const entry = await new Promise<PerformanceEntry | undefined>((resolve) => {
          const isOfThis = ({ name }: PerformanceEntry) => name === new URL(address, location.href).href;
          const observer = new PerformanceObserver(
            (list) => list.getEntries().some(isOfThis) && resolve(list.getEntries().find(isOfThis)),
          );
          observer.observe({ type: "resource", buffered: true });
        });
        const { encodedBodySize } = entry as PerformanceResourceTiming;
        return { bytes: body.byteLength, sent: encodedBodySize };
      }, `/api/v1/blocks/${digest}`);
    const ofText = await sizes(shrinking);
    expect(ofText.bytes).toBe(text.length);
    expect(ofText.sent).toBeLessThan(text.length / 4);
    expect(await sizes(solid)).toEqual({ bytes: dense.length, sent: dense.length });

    const { id } = await rest.submit({
      program: {
        source: "export const map = (line) => Number(line.split(' ')[1]); export const reduce = () => 0;",
      },
      input: { dataset: "/ada/text" },
      options: { quorum: 1, reducers: 1 },
    });
    const job = await rest.completed(id);
    expect(job).toMatchObject({ inputRecords: 20_000, resultRecords: 20_000 });
    await context.close();
  });
});

test.describe("in a lab behind one address", () => {
  test.use({ settings: { TABGRID_TRUST_PROXY: "loopback", TABGRID_COPIES_PER_ADDRESS: "any" } });

  test("[E4203] they confirm each other when the operator says so", async ({ testVolunteer, rest }) => {
    for (let count = 0; count < 2; count++) await testVolunteer(honest, 9, { forwardedFor: "198.51.100.7" });
    const { id } = await rest.submit(squares(TASKS, 0, { quorum: 2 }));
    await rest.completed(id);
  });
});

test("[E4204] a job of one engine is confirmed by volunteers that compute alike, though another engine answers something else", async ({
  volunteer,
  testVolunteer,
  rest,
}) => {
  const other = await testVolunteer(() => ['{"key":0,"value":"otherwise"}\n'], 9, {
    device: { arithmetic: "00000000000000ff" },
  });
  const { id } = await rest.submit(squares(TASKS, 0, { quorum: 2, sameEngine: true }));
  const { waiting } = await rest.jobUntil(id, "waits", ({ waiting }) => waiting !== null);
  expect(waiting?.code).toBe("more-volunteers");
  await volunteer();
  const alone = await rest.jobUntil(id, "waits", ({ waiting }) => waiting?.code === "volunteers-unsuited");
  expect(alone.waiting?.message).toContain("outputs of one engine only");
  await volunteer();
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  expect(other.given).toEqual([]);
});
