/** A volunteer in a Chromium that nobody sees: the volunteer page, in a profile of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { findChromium } from "../../scripts/lib/chromium.mjs";
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
  const browser = spawn(chromium, [...FLAGS, ...rootFlags(), `--user-data-dir=${folder}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    // Ctrl+C is for us: we end it. When we are gone, so are its pipes, and it ends by itself.
    detached: true,
  });
  const ended = endOf(browser);
  const pipe = openBrowserPipe(browser);
  const volunteer = {
    ended,
    async stop() {
      // A signal would end it before its cookies are on the disk, and with them who the volunteer is.
      void pipe.call("Browser.close", {});
      const timer = setTimeout(() => browser.kill("SIGKILL"), CLOSE_MS);
      await ended;
      clearTimeout(timer);
      if (profile === null)
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
  try {
    const opened = openPage(pipe, url, page, account);
    const died = ended.then((why) => Promise.reject(new Error(why)));
    await Promise.race([opened, died]);
    return volunteer;
  } catch (error) {
    await volunteer.stop();
    throw error;
  }
}

/** How long it may take to close. On a busy machine it is seconds until its cookies are on the disk. */
const CLOSE_MS = 20_000;

const FLAGS = [
  ...["--headless=new", "--disable-gpu", "--no-first-run", "--disable-component-update", "--disable-sync"],
  // Nobody looks at it, and it should compute all the same.
  ...["--disable-background-timer-throttling", "--disable-renderer-backgrounding"],
  ...["--disable-background-networking", "--remote-debugging-pipe"],
];

/** Chromium refuses to run its own sandbox as root, as in most containers. */
const rootFlags = () => (process.getuid?.() === 0 ? ["--no-sandbox"] : []);

async function openPage(pipe: BrowserPipe, url: string, page: URL, account: string | null): Promise<void> {
  if (account !== null) await link(pipe, url, account);
  await pipe.call("Target.createTarget", { url: page.href });
}

/**
 * Makes the profile a volunteer of the account. The page joins none by itself, whatever its address says: so it is joined from here, with
 * the cookie of the profile, or with one that the profile is given.
 */
async function link(pipe: BrowserPipe, url: string, account: string): Promise<void> {
  const { cookies } = Cookies.parse(await pipe.call("Storage.getCookies", {}));
  const { hostname, protocol } = new URL(url);
  const known = cookies.find(({ name, domain }) => name === VOLUNTEER_COOKIE && domain === hostname);
  const session = openCookieFetch(url, known ? `${known.name}=${known.value}` : null, () => {});
  await joinAccount(session, account);
  const [name, value] = session.header().split("=", 2);
  const expires = Date.now() / 1_000 + TWO_YEARS_S;
  const cookie = {
    name,
    value,
    url,
    expires,
    httpOnly: true,
    sameSite: "Lax",
    secure: protocol === "https:",
  };
  await pipe.call("Storage.setCookies", { cookies: [cookie] });
}

const VOLUNTEER_COOKIE = "tabgrid_volunteer";
const TWO_YEARS_S = 2 * 365 * 24 * 60 * 60;
const Cookies = z.object({
  cookies: z.array(z.object({ name: z.string(), value: z.string(), domain: z.string() })),
});

async function endOf(browser: ChildProcess): Promise<string> {
  let last = "";
  browser.stderr?.on("data", (chunk: Buffer) => (last = (last + chunk.toString()).slice(-1_000)));
  const [code, signal] = (await Promise.race([
    once(browser, "exit"),
    once(browser, "error").then(([error]) => [String(error), null]),
  ])) as [number | string | null, string | null];
  return `Chromium ended (${signal ?? code}): ${last.trim().split("\n").at(-1) ?? ""}`;
}
