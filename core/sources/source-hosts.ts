/**
 * From where data may be fetched: which hosts an operator allows, and which addresses a host may have.
 *
 * Whoever may name an address makes the coordinator a client of the network it stands in. So nothing is fetched
 * from a host that the operator did not name, nor from one whose address is not on the public network, unless the
 * operator named that host and port as a private one. Asked of every address, after every redirect.
 */
import ipaddr from "ipaddr.js";
import { GridError, isGridError, type ProblemCode } from "../../protocol/problems";

export interface HostRules {
  /** `example.org`, `*.example.org` for all below it, `*` for all; with `:port` for that port in place of the usual ones. */
  readonly hosts: readonly string[];
  /** `host:port` that may be fetched from wherever it is. */
  readonly privateHosts: readonly string[];
}

/**
 * An address that may be asked, as far as its text tells; what its host's name resolves to is for `mayConnect`.
 * @throws {GridError} `url-imports-off`, `invalid-input`, `url-scheme-refused`, `url-credentials-refused`, `url-host-refused`, `url-address-refused`.
 */
export function checkSource(text: string, rules: HostRules): URL {
  if (!isOn(rules)) {
    throw new GridError(
      "url-imports-off",
      "The operator allows no hosts to fetch data from (TABGRID_URL_HOSTS); upload the data instead",
    );
  }
  const url = parse(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    const detail = `url must begin with http:// or https://; got ${url.protocol}`;
    throw new GridError("url-scheme-refused", detail);
  }
  if (url.username !== "" || url.password !== "") {
    const detail = "url must have no user and password: whoever sees the import would see them";
    throw new GridError("url-credentials-refused", detail);
  }
  url.hash = "";
  if (isPrivateHost(url, rules)) return url;
  if (!rules.hosts.some((rule) => isMatch(url, rule))) {
    const allowed = allowedHosts(rules).join(", ");
    throw new GridError("url-host-refused", `url: ${hostOf(url)} is not allowed; allowed are ${allowed}`);
  }
  // A connection to an address looks no name up, so nobody would ask again.
  const literal = literalOf(url);
  if (literal !== null && !isPublic(literal)) throw refuseAddress(url, literal);
  return url;
}

export const isOn = ({ hosts, privateHosts }: HostRules): boolean => hosts.length + privateHosts.length > 0;

export const allowedHosts = ({ hosts, privateHosts }: HostRules): string[] => [...hosts, ...privateHosts];

/** @throws {GridError} `url-address-refused` when the host has an address that is not to be connected to. */
export function checkAddresses(url: URL, addresses: readonly string[], rules: HostRules): void {
  if (isPrivateHost(url, rules)) return;
  const refused = addresses.find((address) => !isPublic(address));
  if (refused !== undefined) throw refuseAddress(url, refused);
}

/**
 * Where a host sends its asker on to.
 * @throws {GridError} `url-redirect-refused` when that is nowhere to go.
 */
export function checkRedirect(from: URL, location: string, rules: HostRules): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href).href : location;
  try {
    const url = checkSource(to, rules);
    if (from.protocol === "https:" && url.protocol === "http:") {
      throw new GridError("url-scheme-refused", "what is asked by https is not fetched without it");
    }
    return url;
  } catch (error) {
    throw refuseRedirect(from, to, error);
  }
}

/** A refusal of what somebody was sent on to, as one of the redirect. */
export function refuseRedirect(from: URL, to: string, error: unknown): unknown {
  if (!isGridError(error) || !REFUSALS.has(error.code)) return error;
  const detail = `${hostOf(from)} leads to ${to.slice(0, 200)}: ${error.message}`;
  return new GridError("url-redirect-refused", detail, {}, { cause: error });
}

const REFUSALS: ReadonlySet<ProblemCode> = new Set([
  "invalid-input",
  "url-scheme-refused",
  "url-credentials-refused",
  "url-host-refused",
  "url-address-refused",
]);

/** Whether an address is one that any machine on the internet would reach, and no other: not loopback, not of a private network, of no special use. */
export function isPublic(address: string): boolean {
  const [plain = ""] = address.split("%");
  if (!ipaddr.isValid(plain)) return false;
  // An IPv4 address within an IPv6 one is that IPv4 address.
  return ipaddr.process(plain).range() === "unicast";
}

/** Whether an entry of the operator's list can be one. */
export const isHostRule = (rule: string): boolean =>
  /^(\*|(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(rule);

export const isPrivateHostRule = (rule: string): boolean =>
  isHostRule(rule) && !rule.startsWith("*") && /:\d{1,5}$/.test(rule.replace(/^\[.*\]/, ""));

function parse(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new GridError(
    "invalid-input",
    `url must be an address such as https://example.org/data; got "${text.slice(0, 200)}"`,
  );
}

const hostOf = (url: URL): string => url.host;

const nameOf = (url: URL): string => url.hostname.replace(/\.$/, "");

const portOf = (url: URL): string => url.port || (url.protocol === "https:" ? "443" : "80");

const isPrivateHost = (url: URL, { privateHosts }: HostRules): boolean =>
  privateHosts.includes(`${nameOf(url)}:${portOf(url)}`);

function isMatch(url: URL, rule: string): boolean {
  const [, name = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(rule) ?? [];
  if (port === undefined ? url.port !== "" : portOf(url) !== port) return false;
  if (name === "*") return true;
  return name.startsWith("*.") ? nameOf(url).endsWith(name.slice(1)) : nameOf(url) === name;
}

/** The address that a host is written as; null when it has a name. */
function literalOf(url: URL): string | null {
  const name = nameOf(url).replace(/^\[|\]$/g, "");
  return ipaddr.isValid(name) ? name : null;
}

function refuseAddress(url: URL, address: string): GridError {
  return new GridError(
    "url-address-refused",
    `url: ${hostOf(url)} is at ${address}, which is not an address of the public network`,
  );
}
