import { readFileSync, readdirSync } from "node:fs";
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator } from "./coordinator";
import { busyMap } from "./work";
function cpu() {
  const by: Record<string, number> = {};
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const cmd = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (!cmd.includes("tabgrid-bench") && !cmd.includes("dist/server.mjs") && !cmd.includes("chromium"))
        continue;
      for (const tid of readdirSync(`/proc/${pid}/task`)) {
        const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8");
        const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
        const f = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const type = cmd.match(/--type=(\S+)/)?.[1] ?? (cmd.includes("server.mjs") ? "node" : "browser");
        const key = `${type}:${pid}:${name}`;
        by[key] = (by[key] ?? 0) + (Number(f[11]) + Number(f[12])) * 10;
      }
    } catch {}
  }
  return by;
}
const browser = await startBrowser();
const coordinator = await startCoordinator();

await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=${process.argv[4] ?? 2}`);
await coordinator.waitForSlots(Number(process.argv[4] ?? 2));
const cost = Number(process.argv[2] ?? 1000),
  count = Number(process.argv[3] ?? 12);
await coordinator.run({
  name: "x",
  program: { source: busyMap(500000) },
  input: { range: { end: 20 } },
  options: { quorum: 1 },
});
const before = cpu();
const job = await coordinator.run({
  name: "x",
  program: { source: cost === 0 ? "export const map = (n) => n" : busyMap(500000 * cost) },
  input: { range: { end: count } },
  options: { quorum: 1 },
});
const after = cpu();
console.log("ms", makespanMs(job));
for (const [key, ms] of Object.entries(after)
  .map(([k, v]) => [k, v - (before[k] ?? 0)] as const)
  .sort((a, b) => b[1] - a[1])
  .slice(0, 14))
  console.log(ms, key);
await browser.close();
await coordinator.close();
