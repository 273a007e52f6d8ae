/**
 * `npm run lock`: after a change of dependencies, completes package-lock.json with the packages for other
 * systems.
 *
 * npm leaves an optional package out of the lock file when the registry it asks does not carry it, and then
 * `npm ci` refuses the lock file as incomplete. What is needed to skip such a package, or to fetch it where
 * it fits, follows from its name.
 */
import { readFileSync, writeFileSync } from "node:fs";
import "./lib/project.mjs";

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

for (const [parent, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (placesToLook(parent, name).some((place) => lock.packages[place])) continue;
    lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), optional: true };
    console.log(`added ${name} ${version}`);
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** Where Node.js would find `name` from the package at `parent`, nearest first. */
function placesToLook(parent, name) {
  const folders = parent
    .split("/node_modules/")
    .map((_, index, all) => all.slice(0, index + 1).join("/node_modules/"));
  return [...folders.reverse().map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
}

function platformOf(name) {
  const words = name.split(/[-/]/);
  // Two spellings for 32-bit ARM are not processors of their own.
  const cpu =
    processors.find((known) => words.includes(known)) ?? (words.includes("universal") ? undefined : "arm");
  const os = systems.find((known) => words.includes(known));
  return { ...(cpu && { cpu: [cpu] }), ...(os && { os: [os] }) };
}
