/** Finds a Chromium for the browser tests, or installs Debian's where that is possible. */
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { runStep, StepFailed } from "./run.mjs";

const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * The path of a Chromium: the one TABGRID_CHROMIUM names, Playwright's own, or one on the PATH.
 *
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const chosen = process.env.TABGRID_CHROMIUM;
  if (chosen) return chosen;
  return [...(await playwrightsOwn()), ...commands.flatMap(onPath)].find(isExecutable);
}

/** None where the package is installed without what only its tests need. */
async function playwrightsOwn() {
  try {
    const { chromium } = await import("@playwright/test");
    return [chromium.executablePath()];
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND") return [];
    throw error;
  }
}

/**
 * @returns {Promise<string>} The path of a Chromium, installed now if there was none.
 * @throws {StepFailed} If there is none and this machine is not one we may install it on.
 */
export async function ensureChromium() {
  const found = (await findChromium()) ?? (await installChromium());
  if (found && isExecutable(found)) return found;
  throw new StepFailed(
    `The browser tests need Chromium; found ${found ? `no program at ${found}` : "none"}. Install it with ` +
      "`apt-get install chromium` or `npx playwright install chromium`, or set TABGRID_CHROMIUM to the path of one.",
  );
}

async function installChromium() {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return undefined;
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  await runStep("Updating the package lists", "apt-get", ["update"], environment);
  const parameters = ["install", "-y", "--no-install-recommends", "chromium"];
  await runStep("Installing Chromium", "apt-get", parameters, environment);
  return findChromium();
}

const onPath = (command) =>
  (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, command));

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not ours to run: either way not an answer.
  }
}
