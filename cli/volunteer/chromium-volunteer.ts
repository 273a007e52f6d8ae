/** A volunteer in a Chromium that nobody sees: the volunteer page, in a profile of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findChromium } from "../../scripts/lib/chromium.mjs";
import * as z from "zod";
import { UsageError } from "../failures";
import { openBrowserPipe, type BrowserPipe } from "./browser-pipe";
import { openCookieFetch } from "./cookie-fetch";
import { joinAccount } from "./join-account";

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
  /** The key of the account to belong to; null to leave that as it is. */
  readonly account: string | null;
}

/** @throws {UsageError} If there is no Chromium. @throws {RefusedError} If the account's key is wrong. */
export async function openChromiumVolunteer(parts: ChromiumVolunteerParts): Promise<ChromiumVolunteer> {
  const { url, slotCount, tags, profile, account } = parts;
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
  const isLinked = account !== null;
  const first = isLinked ? ["--remote-debugging-pipe", "about:blank"] : [page.href];
  const browser = spawn(chromium, [...FLAGS, ...rootFlags(), `--user-data-dir=${folder}`, ...first], {
    stdio: ["ignore", "ignore", "pipe", ...(isLinked ? (["pipe", "pipe"] as const) : [])],
  });
  const ended = endOf(browser);
  const volunteer = {
    ended,
    async stop() {
      if (browser.exitCode === null && browser.signalCode === null) browser.kill("SIGTERM");
      await ended;
      if (profile === null)
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  if (!isLinked) return volunteer;
  try {
    await Promise.race([openLinked(openBrowserPipe(browser), url, page, account), ended.then(fail)]);
    return volunteer;
  } catch (error) {
    await volunteer.stop();
    throw error;
  }
}

const fail = (why: string): never => {
  throw new Error(why);
};

/**
 * Opens the page as a volunteer of the account. The page joins none by itself, whatever its address says: so it is joined from here, with the
 * cookie of the profile, or with one that the profile is given.
 */
async function openLinked(pipe: BrowserPipe, url: string, page: URL, account: string): Promise<void> {
  const { cookies } = Cookies.parse(await pipe.call("Storage.getCookies", {}));
  const { hostname } = new URL(url);
  const known = cookies.find(({ name, domain }) => name === VOLUNTEER_COOKIE && domain === hostname);
  const session = openCookieFetch(url, known ? `${known.name}=${known.value}` : null, () => {});
  await joinAccount(session, account);
  const [name, value] = session.header().split("=", 2);
  const expires = Date.now() / 1_000 + TWO_YEARS_S;
  const secure = page.protocol === "https:";
  const cookie = { name, value, url, expires, httpOnly: true, sameSite: "Lax", secure };
  await pipe.call("Storage.setCookies", { cookies: [cookie] });
  await pipe.call("Target.createTarget", { url: page.href });
}

const VOLUNTEER_COOKIE = "tabgrid_volunteer";
const TWO_YEARS_S = 2 * 365 * 24 * 60 * 60;
const Cookies = z.object({
  cookies: z.array(z.object({ name: z.string(), value: z.string(), domain: z.string() })),
});

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
