import { squares } from "./fixtures/jobs";
import { test } from "./fixtures/test";
test("shots", async ({ browser, coordinator, volunteer, rest }) => {
  test.setTimeout(180_000);
  const ada = await volunteer(1);
  const sizes = [["d", 1280, 900], ["p", 390, 844]] as const;
  const shoot = async (page: any, name: string) => {
    for (const [s, width, height] of sizes) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(400);
      await page.screenshot({ path: `/tmp/shots/${name}-${s}.png`, fullPage: true });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) console.log("overflow", name, s, over);
    }
  };
  await shoot(ada.page, "none");
  await ada.page.getByRole("button", { name: "I have a key" }).click();
  await shoot(ada.page, "typing");
  await ada.page.getByRole("button", { name: "Back" }).click();
  await ada.page.getByRole("button", { name: "Link your devices" }).click();
  await ada.page.getByTestId("account-device").first().waitFor();
  await shoot(ada.page, "new");
  const key = await ada.page.getByTestId("account-key").textContent();
  const bo = await volunteer(1);
  await bo.page.goto(`${coordinator.origin}/volunteer#account=${key}`);
  await bo.page.getByTestId("invitation").waitFor();
  await shoot(bo.page, "invited");
  await bo.page.getByRole("button", { name: "Join with this device" }).click();
  await bo.page.getByTestId("account-device").nth(1).waitFor();
  await bo.page.goto(`${coordinator.origin}/volunteer?start=1&slots=1`);
  await bo.page.getByTestId("account-device").nth(1).waitFor();
  const { id } = await rest.submit(squares(3, 0, { quorum: 2 }));
  await rest.jobUntil(id, "waits", ({ waiting }) => waiting?.code === "same-account");
  await shoot(bo.page, "two");
  const page = await bo.context.newPage();
  await page.goto(`${coordinator.origin}/volunteers`);
  await page.getByTestId("volunteer-row").first().waitFor();
  await shoot(page, "volunteers");
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await page.getByTestId("waiting-reason").waitFor();
  const t = page.getByText("Tasks", { exact: true }).first();
  await t.click().catch(() => {});
  await shoot(page, "job");
  await bo.page.getByRole("button", { name: "Leave account" }).click();
  await shoot(bo.page, "leave");
});
