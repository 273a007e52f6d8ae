/** What an operator can set, all by environment variables; a wrong value stops the start with words that help. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { isHostRule, isPrivateHostRule, type HostRules } from "../core/sources/source-hosts";
import type { S3Settings } from "./blocks/s3-block-store";
import { LIMITS } from "../protocol/limits";
import { LOG_LEVELS } from "./log";
import { checkProxies } from "./network-address";
import { StartFailure } from "./start-failure";

const PORT_RULE = "must be a whole number from 0 to 65535";

const PACE_RULE = `must be a whole number of milliseconds from 0 to ${LIMITS.paceMs}`;

const BUCKET_RULE = "must be a bucket's name: 3 to 63 of a-z, 0-9, - and .";

const PROXY_RULE =
  "must be a list of addresses and networks with commas between, such as 10.0.0.5,192.168.0.0/16, or loopback, linklocal or uniquelocal";

function areProxies(proxies: readonly string[]): boolean {
  try {
    checkProxies(proxies);
    return true;
  } catch {
    return false;
  }
}

const GIB = 1024 ** 3;
const BYTES_RULE = "must be a whole number of bytes";

const bytes = (byDefault: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, BYTES_RULE)
    .transform(Number)
    .default(byDefault);

const HOSTS_RULE =
  "must be a list of hosts with commas between, such as data.example.org,*.example.com, or * for all";

const PRIVATE_HOSTS_RULE = "must be a list of host:port with commas between, such as 10.0.0.5:8080";

const entries = (text: string) => text.split(",").flatMap((entry) => entry.trim().toLowerCase() || []);

const list = (isOne: (entry: string) => boolean, rule: string) =>
  z
    .string()
    .default("")
    .transform(entries)
    .refine((all) => all.every(isOne), rule);

const WEIGHTS_RULE =
  "must be a list of submitters with their shares, each from 0.001 to 1000, such as ann=3,physics=0.5";

/** Names keep their letters as they are. */
function weightsIn(text: string): Map<string, number> | null {
  const pairs = text.split(",").flatMap((entry) => (entry.trim() === "" ? [] : [entry.split("=")]));
  const weights = new Map<string, number>();
  for (const [name = "", weight = "", ...more] of pairs) {
    if (name.trim() === "" || more.length > 0 || !/^\s*\d{1,4}(\.\d{1,3})?\s*$/.test(weight)) return null;
    weights.set(name.trim(), Number(weight));
  }
  const isAllowed = (weight: number) => weight >= 0.001 && weight <= 1000;
  return [...weights.values()].every(isAllowed) ? weights : null;
}

const Environment = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, PORT_RULE)
    .transform(Number)
    .refine((port) => port <= 65535, PORT_RULE)
    .default(3000),
  HOST: z.string().default("127.0.0.1"),
  TABGRID_DATA_DIR: z.string().default("data"),
  TABGRID_COPIES_PER_ADDRESS: z.enum(["one", "any"], { error: "must be one or any" }).default("one"),
  TABGRID_PACE_MS: z
    .string()
    .regex(/^\d{1,5}$/, PACE_RULE)
    .transform(Number)
    .refine((ms) => ms <= LIMITS.paceMs, PACE_RULE)
    .default(0),
  TABGRID_SUBMITTER_WEIGHTS: z
    .string()
    .default("")
    .transform((text, context) => {
      const weights = weightsIn(text);
      if (weights !== null) return weights;
      context.addIssue({ code: "custom", message: WEIGHTS_RULE });
      return z.NEVER;
    }),
  TABGRID_TRUST_PROXY: z
    .string()
    .default("")
    .transform((list) => list.split(",").flatMap((proxy) => proxy.trim() || []))
    .refine(areProxies, PROXY_RULE),
  TABGRID_DATASET_BYTES: bytes(1024 * GIB),
  TABGRID_DATASET_BYTES_PER_USER: bytes(256 * GIB),
  TABGRID_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, BUCKET_RULE)
    .optional(),
  TABGRID_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "must be an address with http:// or https://" })
    .optional(),
  TABGRID_S3_REGION: z.string().default("us-east-1"),
  TABGRID_S3_ACCESS_KEY: z.string().optional(),
  TABGRID_S3_SECRET_KEY: z.string().optional(),
  TABGRID_S3_FETCH: z.enum(["direct", "through"], { error: "must be direct or through" }).default("direct"),
  TABGRID_URL_HOSTS: list(isHostRule, HOSTS_RULE),
  TABGRID_URL_PRIVATE_HOSTS: list(isPrivateHostRule, PRIVATE_HOSTS_RULE),
  TABGRID_URL_BYTES: bytes(64 * GIB),
  TABGRID_URL_SECONDS: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, "must be a whole number of seconds from 1 to 999999")
    .transform(Number)
    .default(6 * 3600),
  TABGRID_LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }).optional(),
});

export interface Config {
  port: number;
  /** The address to listen on; 0.0.0.0 for all. */
  host: string;
  /** True when copies of one task go to volunteers at different network addresses. */
  onePerAddress: boolean;
  /** How long tabs gather outputs at least before they report them, in milliseconds. */
  leastPaceMs: number;
  /** Of computing time, against 1 of every other submitter. */
  submitterWeights: ReadonlyMap<string, number>;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  dataDir: string;
  databaseUrl: string;
  blocksDir: string;
  /** Where blocks are kept instead of on the disk; null for the disk. */
  s3: S3Config | null;
  dev: boolean;
  /** What all datasets together may have, and those of one user, the first part of their paths. */
  datasetBytes: number;
  datasetBytesPerUser: number;
  /** What data may be fetched from, and how much at most for how long. */
  sources: { rules: HostRules; maxBytes: number; maxMs: number };
}

/**
 * A variable that is empty counts as not set, as in a line `PORT=` of an .env file.
 *
 * @throws {StartFailure} If a variable does not hold what it should; the message names it.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw new StartFailure(`${name} ${issue?.message}; got ${JSON.stringify(environment[name])}`);
  }
  const { PORT, HOST, TABGRID_DATA_DIR, TABGRID_COPIES_PER_ADDRESS, TABGRID_TRUST_PROXY } = parsed.data;
  const dataDir = path.resolve(TABGRID_DATA_DIR);
  return {
    port: PORT,
    host: HOST,
    onePerAddress: TABGRID_COPIES_PER_ADDRESS === "one",
    leastPaceMs: parsed.data.TABGRID_PACE_MS,
    submitterWeights: parsed.data.TABGRID_SUBMITTER_WEIGHTS,
    trustedProxies: TABGRID_TRUST_PROXY,
    dataDir,
    // As an address, in which a folder's ?, # and % are encoded.
    databaseUrl: pathToFileURL(path.join(dataDir, "grid.db")).href,
    blocksDir: path.join(dataDir, "blocks"),
    s3: s3In(parsed.data),
    dev: environment.NODE_ENV === "development",
    datasetBytes: parsed.data.TABGRID_DATASET_BYTES,
    datasetBytesPerUser: parsed.data.TABGRID_DATASET_BYTES_PER_USER,
    sources: sourcesIn(parsed.data),
  };
}

function sourcesIn(set: z.infer<typeof Environment>): Config["sources"] {
  const rules = { hosts: set.TABGRID_URL_HOSTS, privateHosts: set.TABGRID_URL_PRIVATE_HOSTS };
  return { rules, maxBytes: set.TABGRID_URL_BYTES, maxMs: set.TABGRID_URL_SECONDS * 1000 };
}

export interface S3Config extends Omit<S3Settings, "prefix"> {
  /** True when tabs fetch blocks from the service themselves. */
  isDirect: boolean;
}

function s3In(set: z.infer<typeof Environment>): S3Config | null {
  const { TABGRID_S3_BUCKET: bucket, TABGRID_S3_ENDPOINT: endpoint = null } = set;
  const { TABGRID_S3_ACCESS_KEY: accessKeyId, TABGRID_S3_SECRET_KEY: secretAccessKey } = set;
  if (bucket === undefined) {
    if (endpoint === null) return null;
    throw new StartFailure(
      "TABGRID_S3_ENDPOINT is set, and TABGRID_S3_BUCKET is not: it names where the blocks go",
    );
  }
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new StartFailure("TABGRID_S3_ACCESS_KEY and TABGRID_S3_SECRET_KEY must be set both, or neither");
  return {
    ...{ bucket, endpoint, region: set.TABGRID_S3_REGION, isDirect: set.TABGRID_S3_FETCH === "direct" },
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
  };
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}
