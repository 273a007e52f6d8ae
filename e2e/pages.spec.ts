/** The pages themselves: whole, quiet, live, on small screens, and without a mouse. */
import type { Page, Request } from "@playwright/test";
import * as z from "zod";
import { squares } from "./fixtures/jobs";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";

const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

/** Notes in `faults` what a page should not do. */
function watch(page: Page, origin: string, faults: string[]): void {
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`not caught: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== origin) {
      faults.push(`another origin: ${request.url()}`);
    }
  });
}

test("[E2801] every page is whole at 1280 and at 390 pixels: no error in the console, no sideways scrolling, nothing from elsewhere", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  const tab = await volunteer();
  const done = await rest.submit(squares(30, 10));
  await rest.completed(done.id);
  const source = "export function map(n) { throw new Error('no '.repeat(300)); }";
  const name = "a-name-without-a-break".repeat(9);
  const failed = await rest.submit({ ...squares(3, 0), program: { source }, name });
  await rest.jobUntil(failed.id, "ends", ({ endedAt }) => endedAt !== null);
  const waiting = await rest.submit(squares(3, 0, { quorum: 2 }));
  await tab.page.getByRole("button", { name: "Stop" }).click();

  const faults: string[] = [];
  watch(page, coordinator.origin, faults);
  const pages: readonly [string, string][] = [
    ["/", done.name],
    ["/jobs/new", "Words of the King James Bible"],
    [`/jobs/${done.id}`, "30 rows"],
    [`/jobs/${failed.id}`, "The program failed"],
    [`/jobs/${waiting.id}`, "No volunteer is connected"],
    ["/volunteer", "Give computing time"],
    ["/volunteers", "Volunteers"],
    ["/pipelines", "No pipeline was submitted yet"],
  ];
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const [path, words] of pages) {
      await page.goto(coordinator.origin + path);
      await expect(page.getByText(words).first()).toBeVisible();
      const sideways = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      expect(sideways, `${path} at ${size.width}`).toBeLessThanOrEqual(0);
      const tabs = page.getByRole("tablist");
      if (await tabs.isVisible()) {
        const upAndDown = await tabs.evaluate(
          ({ scrollHeight, clientHeight }) => scrollHeight - clientHeight,
        );
        expect(upAndDown, `the tabs of ${path} at ${size.width}`).toBe(0);
      }
      expect(faults, path).toEqual([]);
    }
  }
});

test("[E2802] a page that computes reports no fault, and an address of nothing says so", async ({
  browser,
  coordinator,
  rest,
  page,
}) => {
  const context = await browser.newContext();
  const faults: string[] = [];
  context.on("page", (opened) => watch(opened, coordinator.origin, faults));
  const tab = await openTab(context, coordinator.origin);
  const { id } = await rest.submit(squares(10, 20));
  await rest.completed(id);
  await expect(tab.page.getByTestId("totals-tasks")).toHaveText("10");
  expect(faults).toEqual([]);
  await context.close();

  await page.goto(`${coordinator.origin}/jobs/job_0123456789abcdef`);
  await expect(page.getByRole("heading", { name: "There is no such job" })).toBeVisible();
  const answer = await page.goto(`${coordinator.origin}/no-such-page`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("link", { name: "See the jobs" })).toBeVisible();
});

test("[E2803] a job submitted by REST appears on the dashboard, and a volunteer that joins on its page, without a reload", async ({
  coordinator,
  volunteer,
  rest,
  page,
  context,
}) => {
  await page.goto(coordinator.origin);
  await expect(page.getByText("Nothing has been submitted yet")).toBeVisible();
  const volunteersPage = await context.newPage();
  await volunteersPage.goto(`${coordinator.origin}/volunteers`);
  await expect(volunteersPage.getByText("No volunteer is connected")).toBeVisible();

  const { id } = await rest.submit(squares(4, 10));
  const row = page.locator(`[data-testid="job-row"][data-job-id="${id}"]`);
  await expect(row.getByTestId("job-state")).toHaveText("queued");
  const tab = await volunteer();
  await expect(volunteersPage.getByTestId("volunteer-row")).toContainText(tab.id);
  await expect(row.getByTestId("job-state")).toHaveText("completed");
  await tab.context.close();
  await expect(volunteersPage.getByText("No volunteer is connected")).toBeVisible();
});

test("[E2804] the sample can be submitted with the keyboard alone", async ({ coordinator, page }) => {
  await page.goto(`${coordinator.origin}/jobs/new`);
  const submit = page.getByRole("button", { name: "Submit Words of the King James Bible" });
  await expect(submit).toBeVisible();
  for (
    let presses = 0;
    presses < 30 && !(await submit.evaluate((it) => it === document.activeElement));
    presses++
  ) {
    await page.keyboard.press("Tab");
  }
  await expect(submit).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/jobs\/job_/);
  await expect(page.getByRole("heading", { name: "Words of the King James Bible" })).toBeVisible();
});

test("[E2806] a page that nobody sees holds no connection, and shows what it missed, once, when it is seen again", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  await volunteer();
  const source = `export function map(n, { log }) {
    if (n === 1) return new Promise(() => {});
    log("seen");
    return n;
  }`;
  const { id } = await rest.submit({ ...squares(2, 0), program: { source } });
  await rest.jobUntil(id, "has one task accepted", ({ progress }) => progress === 0.5);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByRole("tab", { name: "Log (1)" })).toBeVisible();

  const isEvents = (request: Request) => request.url().endsWith("/events");
  const streamEnds = page.waitForEvent("requestfailed", isEvents);
  await setHidden(page, true);
  await streamEnds;
  await rest.fetch(`/api/v1/jobs/${id}/pause`, { method: "POST" });
  await expect(page.getByTestId("job-state")).toHaveText("running");

  await setHidden(page, false);
  await expect(page.getByTestId("job-state")).toHaveText("paused");
  await expect(page.getByRole("tab", { name: "Log (1)" })).toBeVisible();
});

/** As a browser does with the page of a tab that another tab covers. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

const Document = z.object({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) })),
  ),
});

test("[E2805] every operation of the OpenAPI document answers, with a status the document names", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const { id, program } = await rest.submit(squares(4, 10));
  await rest.completed(id);
  const { openapi, paths } = Document.parse(await (await rest.fetch("/api/v1/openapi.json")).json());
  expect(openapi).toMatch(/^3\.1/);
  const dataset = await rest.fetch("/api/v1/datasets/ada/numbers", { method: "PUT", body: "1\n2\n" });
  expect(dataset.ok, await dataset.text()).toBe(true);
  const begun = await rest.fetch("/api/v1/uploads", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dataset: "/ada/more" }),
  });
  const upload = z.object({ id: z.string() }).parse(await begun.json());
  const account = await (await rest.fetch("/api/v1/accounts", { method: "POST" })).json();
  const { key } = z.object({ key: z.string() }).parse(account);
  const session = await rest.fetch("/api/v1/volunteers/session", { method: "POST" });
  const cookie = session.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const headers = { authorization: `Bearer ${key}`, cookie };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({ method, path, responses })),
  );
  expect(operations.length).toBeGreaterThan(12);
  // What removes and stops things comes last.
  const isRead = ({ method }: { method: string }) => method === "get";
  const names = { id, digest: program, user: "ada", name: "numbers" };
  /** There is no such program, service, pipeline or import. */
  const isMissing = (path: string) => /^\/api\/v1\/(programs|services|pipelines|imports)\//.test(path);
  const idFor = (path: string) => {
    if (path.startsWith("/api/v1/pipelines/")) return { id: "pipe_0123456789abcdef" };
    if (isMissing(path)) return { id: "prg_0123456789abcdef" };
    return path.startsWith("/api/v1/uploads/") ? { id: upload.id } : {};
  };
  for (const { method, path, responses } of [...operations].sort(
    (a, b) => Number(isRead(b)) - Number(isRead(a)),
  )) {
    const stop = new AbortController();
    const ids = { ...names, ...idFor(path) };
    const address = path.replace(/\{(\w+)\}/g, (_all, name: keyof typeof names) => ids[name]);
    const response = await rest.fetch(address, {
      ...{ method: method.toUpperCase(), headers },
      signal: stop.signal,
    });
    stop.abort();
    expect(Object.keys(responses), `${method} ${path}`).toContain(String(response.status));
    if (method === "get" && !isMissing(path)) expect(response.status, path).toBe(200);
  }
});
