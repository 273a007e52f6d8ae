/** Finds the Python that the test of the client in Python runs, or installs Debian's where that is possible. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { runStep, StepFailed } from "./run.mjs";

/** @returns {boolean} Whether there is a `python3` on the PATH. */
export function hasPython() {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false; // Not there, or not one that runs.
  }
}

/** @throws {StepFailed} If there is none and this machine is not one we may install it on. */
export async function ensurePython() {
  if (hasPython()) return;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    const environment = { DEBIAN_FRONTEND: "noninteractive" };
    await runStep("Updating the package lists", "apt-get", ["update"], environment);
    const parameters = ["install", "-y", "--no-install-recommends", "python3-minimal", "libpython3-stdlib"];
    await runStep("Installing Python", "apt-get", parameters, environment);
  }
  if (!hasPython()) throw new StepFailed("The test of the client in Python needs python3. Install it.");
}
