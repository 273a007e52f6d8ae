import type { IncomingMessage } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { log } from "./log";
import { networkOf, openAddresses } from "./network-address";

/** A request as it comes from this address, with these headers. */
function from(remoteAddress: string, forwardedFor?: string): IncomingMessage {
  const headers = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
  return { headers, socket: { remoteAddress }, connection: { remoteAddress } } as unknown as IncomingMessage;
}

describe("network addresses", () => {
  it("[NA1] are an IPv4 address, or the /64 of an IPv6 one", () => {
    expect(networkOf("198.51.100.7")).toBe("198.51.100.7");
    expect(networkOf("::ffff:198.51.100.7")).toBe("198.51.100.7");
    expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
    expect(networkOf("2001:db8:1:2::9")).toBe("2001:db8:1:2::/64");
    expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  });

  it("[NA2] are none for loopback, and for what is no address", () => {
    for (const none of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "unix", ""])
      expect(networkOf(none)).toBe(null);
  });

  it("[NA3] become keys that are the same for the same address and secret only", () => {
    const [one, other] = [openAddresses([], "secret"), openAddresses([], "another")];
    expect(one(from("198.51.100.7"))).toMatch(/^[0-9a-f]{16}$/);
    expect(one(from("198.51.100.7"))).toBe(one(from("198.51.100.7")));
    expect(one(from("198.51.100.7"))).not.toBe(one(from("198.51.100.8")));
    expect(one(from("198.51.100.7"))).not.toBe(other(from("198.51.100.7")));
  });

  it("[NA4] are taken from X-Forwarded-For when it comes from a trusted proxy, and only what that proxy added", () => {
    const addressOf = openAddresses(["10.0.0.0/8"], "secret");
    const client = addressOf(from("198.51.100.7"));
    expect(addressOf(from("10.1.2.3", "198.51.100.7"))).toBe(client);
    expect(addressOf(from("10.1.2.3", "203.0.113.9, 198.51.100.7"))).toBe(client);
    expect(addressOf(from("198.51.100.7", "203.0.113.9"))).toBe(client);
  });

  it("[NA5] are the proxy's when no proxy is trusted, which the log says once", () => {
    const warn = vi.spyOn(log, "warn").mockReturnValue();
    const addressOf = openAddresses([], "secret");
    expect(addressOf(from("10.1.2.3", "198.51.100.7"))).toBe(addressOf(from("10.1.2.3", "203.0.113.9")));
    expect(warn).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
  });
});
