/** Accounts: the browsers of one person are linked, do not confirm each other, and have their credit summed up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { runCli, startCli } from "./fixtures/cli";
import { expectSquares, squares } from "./fixtures/jobs";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

const TASKS = 3;

async function linkDevices(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Link your devices" }).click();
  const key = page.getByTestId("account-key");
  await expect(key).toBeVisible();
  return (await key.textContent()) ?? "";
}

test("[E5601] two browsers of one account do not confirm each other: the job says why it waits, ends with somebody else's answers, and the credit of both is summed up", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const ada = await volunteer(1);
  const bo = await volunteer(1);
  const key = await linkDevices(ada.page);
  const accountsOf = async () =>
    new Map((await rest.volunteers()).map(({ id, account }) => [id, account] as const));
  const account = (await accountsOf()).get(ada.id);
  expect(key.startsWith(`${account}.`)).toBe(true);

  // A link asks first, and does not stay in the address.
  const page = await bo.context.newPage();
  await page.goto(`${coordinator.origin}/volunteer#account=${key}`);
  await expect(page.getByTestId("invitation")).toContainText(account ?? "no account");
  expect(page.url()).toBe(`${coordinator.origin}/volunteer`);
  expect((await accountsOf()).get(bo.id)).toBe(null);
  await page.getByRole("button", { name: "Join with this device" }).click();
  await expect(page.getByTestId("account-device")).toHaveCount(2);
  await expect(page.getByTestId("account-device").filter({ hasText: "this device" })).toContainText(
    bo.id.slice(0, 8),
  );
  expect((await accountsOf()).get(bo.id)).toBe(account);

  const { id } = await rest.submit(squares(TASKS, 0, { quorum: 2 }));
  const job = await rest.jobUntil(id, "waits", ({ waiting }) => waiting?.code === "same-account");
  expect(job.waiting?.message).toContain("the 2 that are connected are devices of one account");
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("waiting-reason")).toContainText("devices of one account");
  await page.goto(`${coordinator.origin}/volunteers`);
  await expect(page.getByTestId("volunteer-waiting").first()).toContainText(
    "another device of the same account",
  );
  // What has just been returned is seen once it is on the disk.
  await until(
    "each task has its one copy",
    () => rest.tasks(id),
    (tasks) => tasks.every(({ copies }) => copies.length === 1 && copies[0]?.account === account),
  );

  const cy = await volunteer(1);
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  await expect(ada.page.getByTestId("account-tasks")).toHaveText(String(TASKS));
  await expect(ada.page.getByTestId("account-devices")).toHaveText("2");
  const earned = new Map((await rest.volunteers()).map((one) => [one.id, one.acceptedTasks] as const));
  expect((earned.get(ada.id) ?? 0) + (earned.get(bo.id) ?? 0)).toBe(TASKS);
  expect(earned.get(cy.id)).toBe(TASKS);

  // Who has left the account is somebody else from then on, and keeps what it has earned.
  await cy.context.close();
  await page.goto(`${coordinator.origin}/volunteer`);
  await page.getByRole("button", { name: "Leave account" }).click();
  await page.getByRole("button", { name: "Yes, leave it" }).click();
  await expect(page.getByRole("button", { name: "Link your devices" })).toBeVisible();
  await expect(ada.page.getByTestId("account-devices")).toHaveText("1");
  await expect(ada.page.getByTestId("account-tasks")).toHaveText(String(earned.get(ada.id)));
  const { id: later } = await rest.submit(squares(TASKS, 0, { quorum: 2 }));
  await rest.completed(later);
  expectSquares(await rest.result(later), TASKS);
  const now = new Map((await rest.volunteers()).map((one) => [one.id, one.acceptedTasks] as const));
  expect(now.get(bo.id)).toBe((earned.get(bo.id) ?? 0) + TASKS);
});

test("[E5603] a key is typed in on another device; a wrong one is refused, and says what it should look like", async ({
  browser,
  coordinator,
  volunteer,
}) => {
  const ada = await volunteer(1);
  const key = await linkDevices(ada.page);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${coordinator.origin}/volunteer`);
  await page.getByRole("button", { name: "I have a key" }).click();
  const join = page.getByTestId("account").getByRole("button", { name: "Join" });
  await page.getByLabel("The key of your account").fill(`${key}x`);
  await join.click();
  await expect(page.getByTestId("account").getByRole("alert")).toContainText("must be an account's key");
  await page.getByLabel("The key of your account").fill(key);
  await join.click();
  // It gives no time yet, and is linked all the same.
  await expect(page.getByTestId("account-device")).toHaveCount(2);
  await expect(page.getByTestId("account").getByRole("alert")).toHaveCount(0);
  await page.reload();
  await expect(page.getByTestId("account-device")).toHaveCount(2);
  await context.close();
});

test("[E5602] volunteers of the command line, in Node and in Chromium, belong to the account of a key, and none starts with a wrong one", async ({
  coordinator,
  rest,
}) => {
  const url = coordinator.origin;
  const made = (await (await rest.fetch("/api/v1/accounts", { method: "POST" })).json()) as {
    id: string;
    key: string;
  };
  const profile = await mkdtemp(path.join(tmpdir(), "tabgrid-profile-"));
  const commands = [
    ["volunteer", "--node"],
    ["volunteer", "--keep", profile],
  ];
  for (const command of commands) {
    const refused = await runCli([...command, "--account", `${made.key.slice(0, -1)}~`], { url });
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining("must be an account's key") });
  }
  const seen: string[] = [];
  for (const command of [...commands, ["volunteer", "--keep", profile]]) {
    const volunteer = startCli([...command, "--slots", "1", "--account", made.key], { url });
    const said = await until(
      "it says who it is",
      () => Promise.resolve(volunteer.stdout()),
      (text) => /^v_\w+ gives 1 slots/.test(text),
    );
    seen.push(said.split(" ", 1)[0] ?? "");
    volunteer.child.kill("SIGINT");
    expect(await volunteer.ended).toMatchObject({ code: 0 });
  }
  // Who keeps its profile is the same device again.
  const headers = { authorization: `Bearer ${made.key}` };
  const view = (await (await rest.fetch("/api/v1/accounts/me", { headers })).json()) as {
    volunteers: { id: string }[];
  };
  expect(view.volunteers.map(({ id }) => id).sort()).toEqual([...new Set(seen)].sort());
  expect([seen[1] === seen[2], view.volunteers.length]).toEqual([true, 2]);
  await rm(profile, { recursive: true, force: true });
});
