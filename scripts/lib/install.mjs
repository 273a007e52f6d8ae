/** Installs the packages when what is installed is not what package-lock.json says. Needs no package itself. */
import { readIfThere } from "./fingerprint.mjs";
import { runStep } from "./run.mjs";
import "./project.mjs";

export async function install() {
  if (isInstalled()) return;
  // npm says where it is when it runs us; without it, the one on the PATH will do. NODE_ENV=production would
  // leave out the packages that the build and the tests need.
  const npm = process.env.npm_execpath;
  const [command, ...before] = npm ? [process.execPath, npm] : ["npm"];
  await runStep("Installing packages", command, [...before, "ci", "--include=dev"]);
}

/** Compares the lock file with the one npm leaves in node_modules when it has finished. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const found = packagesOf("node_modules/.package-lock.json");
  if (!wanted || !found) return false;
  const missing = Object.entries(wanted).some(([name, { version, optional, devOptional, peer }]) => {
    if (name === "") return false;
    // Optional packages are for other processors and systems.
    return found[name] ? found[name].version !== version : !(optional || devOptional || peer);
  });
  return !missing && Object.keys(found).every((name) => wanted[name]);
}

function packagesOf(lockFile) {
  const text = readIfThere(lockFile);
  return text === undefined ? undefined : JSON.parse(text).packages;
}
