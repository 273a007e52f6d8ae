/**
 * Where a connection comes from, as a key: copies of one task do not go to two volunteers with the same.
 *
 * An IPv6 network is one address, since whoever has one has all of its 2^64. Loopback is none: it is everyone on this machine, or behind a
 * proxy on it. Keys are kept with the copies; they are made with a secret, so that they say nothing without it.
 */
import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import proxyAddr from "proxy-addr";
import { log } from "./log";

/** @returns Null when the address does not count. */
export type AddressOf = (request: IncomingMessage) => string | null;

/**
 * @param trustedProxies Addresses and networks whose X-Forwarded-For is believed; `loopback`, `linklocal` and `uniquelocal` stand for those.
 * @param secret Of this grid, at least 16 bytes.
 */
export function openAddresses(trustedProxies: readonly string[], secret: string): AddressOf {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  let hasWarned = false;

  return (request) => {
    if (!hasWarned && trustedProxies.length === 0 && request.headers["x-forwarded-for"] !== undefined) {
      hasWarned = true;
      log.warn(
        { from: request.socket.remoteAddress },
        "X-Forwarded-For is not believed: if this is your proxy, name it in TABGRID_TRUST_PROXY, or all volunteers seem to share its address",
      );
    }
    const network = networkOf(proxyAddr(request, isTrusted));
    return network && createHmac("sha256", secret).update(network).digest("hex").slice(0, 16);
  };
}

/** @returns The IPv4 address, or the /64 of an IPv6 one; null for loopback and what is no address. */
export function networkOf(address: string): string | null {
  // Without its zone: fe80::1%eth0.
  const [plain = ""] = address.split("%");
  if (!ipaddr.isValid(plain)) return null;
  const parsed = ipaddr.process(plain);
  if (parsed.range() === "loopback") return null;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}

/** @throws {TypeError} If one of them is no address, network or name. */
export function checkProxies(proxies: readonly string[]): void {
  proxyAddr.compile([...proxies]);
}
