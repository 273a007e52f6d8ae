/**
 * Chromium as a volunteer has it: no automation attached to its pages, which would see
 * every WebSocket frame and cost more than what is measured. Tabs are opened and closed over
 * the browser's own debugging address, which attaches to none.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { until } from "./coordinator";

export interface Browser {
  pid: number;
  /** How many `Blob`s of that size sites have in its databases: each is a file of its profile. */
  blobsStored(bytes: number): Promise<number>;
  openTab(url: string): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

const FLAGS = [
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

export async function startBrowser(): Promise<Browser> {
  const executable = process.env["TABGRID_CHROMIUM"];
  if (!executable) throw new Error("TABGRID_CHROMIUM must name a Chromium; `npm run bench` sets it");
  const profile = await mkdtemp(path.join(tmpdir(), "tabgrid-bench-browser-"));
  // Chromium's own sandbox refuses to run as root.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const child = spawn(executable, [...FLAGS, ...asRoot, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: "ignore",
    detached: true,
  });
  const portFile = path.join(profile, "DevToolsActivePort");
  await until(async () => (await readFile(portFile, "utf8")).includes("\n"));
  const [port] = (await readFile(portFile, "utf8")).split("\n");
  const address = `http://127.0.0.1:${port}/json`;

  return {
    pid: child.pid ?? 0,
    async blobsStored(bytes) {
      const databases = path.join(profile, "Default", "IndexedDB");
      const names = await readdir(databases, { recursive: true }).catch(() => []);
      const sizes = names.map((name) =>
        stat(path.join(databases, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      );
      return (await Promise.all(sizes)).filter((size) => size === bytes).length;
    },
    async openTab(url) {
      // What follows an `&` would be a parameter of the command itself.
      const answer = await fetch(`${address}/new?${encodeURIComponent(url)}`, { method: "PUT" });
      const { id } = (await answer.json()) as { id: string };
      return { close: async () => void (await fetch(`${address}/close/${id}`)) };
    },
    async close() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
