/** A volunteer in a Chromium that nobody sees: the volunteer page, in a profile of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findChromium } from "../../scripts/lib/chromium.mjs";
import { UsageError } from "../failures";

export interface ChromiumVolunteer {
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface ChromiumVolunteerParts {
  readonly url: string;
  readonly slotCount: number | null;
  readonly tags: readonly string[];
  /** Where the profile is kept; null for one that is thrown away. A kept one is the same volunteer again. */
  readonly profile: string | null;
}

/** @throws {UsageError} If there is no Chromium. */
export async function openChromiumVolunteer(parts: ChromiumVolunteerParts): Promise<ChromiumVolunteer> {
  const { url, slotCount, tags, profile } = parts;
  const chromium = await findChromium();
  if (chromium === undefined) {
    throw new UsageError(
      "no Chromium was found: install one, name it by TABGRID_CHROMIUM, or give time without one by --node",
    );
  }
  const folder = profile ?? (await mkdtemp(path.join(tmpdir(), "tabgrid-volunteer-")));
  const page = new URL(`${url}/volunteer?start=1`);
  if (slotCount !== null) page.searchParams.set("slots", String(slotCount));
  if (tags.length > 0) page.searchParams.set("tags", tags.join(","));
  const browser = spawn(chromium, [...FLAGS, ...rootFlags(), `--user-data-dir=${folder}`, page.href], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = endOf(browser);
  return {
    ended,
    async stop() {
      if (browser.exitCode === null && browser.signalCode === null) browser.kill("SIGTERM");
      await ended;
      if (profile === null)
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

const FLAGS = [
  ...["--headless=new", "--disable-gpu", "--no-first-run", "--disable-component-update", "--disable-sync"],
  // Nobody looks at it, and it should compute all the same.
  ...["--disable-background-timer-throttling", "--disable-renderer-backgrounding"],
  "--disable-background-networking",
];

/** Chromium refuses to run its own sandbox as root, as in most containers. */
const rootFlags = () => (process.getuid?.() === 0 ? ["--no-sandbox"] : []);

async function endOf(browser: ChildProcess): Promise<string> {
  let last = "";
  browser.stderr?.on("data", (chunk: Buffer) => (last = (last + chunk.toString()).slice(-1_000)));
  const [code, signal] = (await Promise.race([
    once(browser, "exit"),
    once(browser, "error").then(([error]) => [String(error), null]),
  ])) as [number | string | null, string | null];
  return `Chromium ended (${signal ?? code}): ${last.trim().split("\n").at(-1) ?? ""}`;
}
