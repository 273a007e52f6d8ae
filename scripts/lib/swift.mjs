/**
 * A real S3 server for the tests: OpenStack Swift with its S3 API, from Debian, on private ports and a folder of its own.
 *
 * It is started where it is installed, or can be: on Debian, as root. Elsewhere the tests that need it are left out, and
 * the run says so.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { runStep, StepFailed } from "./run.mjs";

const PACKAGES = ["swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"];
const ACCESS_KEY = "grid:admin";
const SECRET_KEY = "a-secret-for-tests";
const START_MS = 60_000;

/**
 * @returns {Promise<{ environment: Record<string, string>, close(): void } | undefined>} What tests find it by; undefined when it
 *   cannot be had here.
 */
export async function startSwift() {
  if (process.env.TABGRID_TEST_S3_ENDPOINT) return { environment: {}, close() {} };
  if (!isInstalled() && !(await installSwift())) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), "tabgrid-swift-"));
  const children = [];
  const close = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await writeConfiguration(folder);
    for (const server of ["account", "container", "object", "proxy"]) {
      const program = `/usr/bin/swift-${server}-server`;
      children.push(spawn(program, [path.join(folder, `${server}.conf`)], { cwd: folder, stdio: "ignore" }));
    }
    process.once("exit", close);
    const endpoint = `http://127.0.0.1:${port}`;
    await untilHealthy(endpoint);
    const environment = {
      TABGRID_TEST_S3_ENDPOINT: endpoint,
      TABGRID_TEST_S3_ACCESS_KEY: ACCESS_KEY,
      TABGRID_TEST_S3_SECRET_KEY: SECRET_KEY,
    };
    return { environment, close };
  } catch (error) {
    close();
    throw error;
  }
}

const isInstalled = () =>
  existsSync("/usr/bin/swift-proxy-server") && existsSync("/usr/bin/swift-object-server");

async function installSwift() {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return false;
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await runStep("Updating the package lists", "apt-get", ["update"], environment);
    const parameters = ["install", "-y", "--no-install-recommends", ...PACKAGES];
    await runStep("Installing Swift, an S3 server", "apt-get", parameters, environment);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return false;
  }
  return isInstalled();
}

/** @returns {Promise<number>} The port of the proxy. */
async function writeConfiguration(folder) {
  const [account, container, object, proxy] = await freePorts(4);
  // Its storage needs a file system with extended attributes, which /tmp may not be.
  mkdirSync(path.join(folder, "srv/d1"), { recursive: true });
  const common = (port) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${folder}/srv
mount_check = false
workers = 0
log_level = CRITICAL
log_address = ${folder}/nowhere
`;
  const storage = { account, container, object };
  for (const [name, port] of Object.entries(storage)) {
    write(
      folder,
      `${name}.conf`,
      `${common(port)}[pipeline:main]\npipeline = ${name}-server\n[app:${name}-server]\nuse = egg:swift#${name}\n`,
    );
    await runStep(`Making Swift's ring of ${name}s`, process.execPath, [
      "-e",
      ringScript(folder, name, port),
    ]);
  }
  write(
    folder,
    "swift.conf",
    "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tabgrid\n[storage-policy:0]\nname = default\ndefault = yes\n",
  );
  write(folder, "proxy.conf", `${common(proxy)}${PROXY}`);
  return proxy;
}

function ringScript(folder, name, port) {
  const commands = [["create", "4", "1", "0"], ["add", `r1z1-127.0.0.1:${port}/d1`, "1"], ["rebalance"]];
  const builder = path.join(folder, `${name}.builder`);
  // It ends with code 1 for a warning.
  return `const { spawnSync } = require("node:child_process");
for (const command of ${JSON.stringify(commands)}) spawnSync("/usr/bin/swift-ring-builder", [${JSON.stringify(builder)}, ...command]);
require("node:fs").accessSync(${JSON.stringify(path.join(folder, `${name}.ring.gz`))});`;
}

const PROXY = `[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth slo dlo symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
strict_cors_mode = false
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
dns_compliant_bucket_names = true
cors_preflight_allow_origin = *
[filter:tempauth]
use = egg:swift#tempauth
user_grid_admin = ${SECRET_KEY} .admin .reseller_admin
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:symlink]
use = egg:swift#symlink
`;

function write(folder, name, text) {
  writeFileSync(path.join(folder, name), text);
}

async function untilHealthy(endpoint) {
  for (const startedAt = Date.now(); Date.now() - startedAt < START_MS;) {
    const isUp = await fetch(`${endpoint}/healthcheck`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new StepFailed("Swift, the S3 server of the tests, did not start within a minute.");
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
