import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGridError } from "../../protocol/problems";
import {
  checkAddresses,
  checkRedirect,
  checkSource,
  isHostRule,
  isPrivateHostRule,
  isPublic,
  type HostRules,
} from "./source-hosts";

const rules: HostRules = {
  hosts: ["data.example.org", "*.example.com", "files.example.net:8443", "93.184.216.34", "[2606:4700::1]"],
  privateHosts: ["10.0.0.5:8080", "localhost:9000"],
};
const ANY: HostRules = { hosts: ["*"], privateHosts: [] };

function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return isGridError(error) ? error.code : String(error);
  }
}

describe("hosts", () => {
  it("[UR1] are those that the operator names, each at the usual ports or the one that is named", () => {
    const allowed = [
      ...["https://data.example.org/a?b#c", "http://DATA.example.org./", "https://a.b.example.com/"],
      ...["https://files.example.net:8443/", "http://93.184.216.34/", "http://[2606:4700::1]/"],
      ...["http://10.0.0.5:8080/", "http://localhost:9000/x"],
    ];
    for (const url of allowed) expect([url, codeOf(() => checkSource(url, rules))]).toEqual([url, null]);
    const refused = [
      ...["https://example.org/", "https://example.com/", "https://data.example.org:8443/"],
      ...["https://files.example.net/", "https://data.example.org.evil.net/", "http://10.0.0.5/"],
      ...["http://evilexample.com/", "http://localhost:9001/"],
    ];
    for (const url of refused)
      expect([url, codeOf(() => checkSource(url, rules))]).toEqual([url, "url-host-refused"]);
    expect(codeOf(() => checkSource("https://x.org/", { hosts: [], privateHosts: [] }))).toBe(
      "url-imports-off",
    );
  });

  it("[UR2] are asked by http and https only, without user or password in the address", () => {
    for (const url of [
      "ftp://data.example.org/",
      "file:///etc/passwd",
      "data:text/plain,a",
      "gopher://data.example.org",
    ])
      expect([url, codeOf(() => checkSource(url, rules))]).toEqual([url, "url-scheme-refused"]);
    for (const url of ["https://ada@data.example.org/", "https://:secret@data.example.org/"])
      expect([url, codeOf(() => checkSource(url, rules))]).toEqual([url, "url-credentials-refused"]);
    for (const url of ["", "data.example.org/a", "http://"])
      expect([url, codeOf(() => checkSource(url, rules))]).toEqual([url, "invalid-input"]);
  });

  it("[UR3] that are written as an address are refused when it is a private one, however it is written", () => {
    const hosts = [
      ...["127.0.0.1", "0x7f.1", "2130706433", "017700000001", "0", "[::1]", "[::ffff:127.0.0.1]", "[::]"],
      ...["169.254.169.254", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::a00:1]"],
      ...["[2002:7f00:1::]", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[2001:db8::1]"],
    ];
    for (const host of hosts)
      expect([host, codeOf(() => checkSource(`http://${host}/`, ANY))]).toEqual([
        host,
        "url-address-refused",
      ]);
    expect(codeOf(() => checkSource("http://8.8.8.8/", ANY))).toBeNull();
  });

  it("[UR4] are refused when any of their addresses is not public, unless they were named as private ones", () => {
    const url = new URL("https://data.example.org/");
    expect(codeOf(() => checkAddresses(url, ["93.184.216.34", "2606:4700::1"], rules))).toBeNull();
    expect(codeOf(() => checkAddresses(url, ["93.184.216.34", "10.0.0.1"], rules))).toBe(
      "url-address-refused",
    );
    expect(codeOf(() => checkAddresses(new URL("http://localhost:9000/"), ["127.0.0.1"], rules))).toBeNull();
    expect(codeOf(() => checkAddresses(new URL("http://localhost/"), ["127.0.0.1"], rules))).toBe(
      "url-address-refused",
    );
  });

  it("[UR5] may send their asker on to where it might have gone by itself, and not from https to http", () => {
    const from = new URL("https://data.example.org/a/b");
    expect(checkRedirect(from, "../c", rules).href).toBe("https://data.example.org/c");
    expect(checkRedirect(from, "//x.example.com/", rules).href).toBe("https://x.example.com/");
    const refused = [
      "http://data.example.org/",
      "https://evil.net/",
      "file:///etc/passwd",
      "http://127.0.0.1/",
    ];
    for (const location of [...refused, "https://a:b@data.example.org/"])
      expect([location, codeOf(() => checkRedirect(from, location, rules))]).toEqual([
        location,
        "url-redirect-refused",
      ]);
    expect(codeOf(() => checkRedirect(from, "https://127.0.0.1/", ANY))).toBe("url-redirect-refused");
  });

  it("[UR6] of any four numbers are public just when they are in none of the networks that are not", () => {
    const networks: [number, number, number, number, number][] = [
      ...([
        [0, 0, 0, 0, 8],
        [10, 0, 0, 0, 8],
        [100, 64, 0, 0, 10],
        [127, 0, 0, 0, 8],
      ] as const),
      ...([
        [169, 254, 0, 0, 16],
        [172, 16, 0, 0, 12],
        [192, 168, 0, 0, 16],
        [198, 18, 0, 0, 15],
      ] as const),
      ...([
        [192, 0, 0, 0, 24],
        [192, 0, 2, 0, 24],
        [198, 51, 100, 0, 24],
        [203, 0, 113, 0, 24],
      ] as const),
      ...([
        [224, 0, 0, 0, 4],
        [240, 0, 0, 0, 4],
      ] as const),
    ].map((network) => [...network]);
    const numberOf = ([a, b, c, d]: readonly number[]) =>
      ((a ?? 0) * 2 ** 24 + (b ?? 0) * 2 ** 16 + (c ?? 0) * 2 ** 8 + (d ?? 0)) >>> 0;
    const isIn = (address: number, network: readonly number[]) => {
      const size = 2 ** (32 - (network[4] ?? 0));
      return Math.floor(address / size) === Math.floor(numberOf(network) / size);
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
          fc
            .constantFrom(...networks)
            .chain((at) => fc.nat(255).map((last) => [at[0], at[1], at[2], last] as const)),
        ),
        (parts) => {
          const isPrivate = networks.some((network) => isIn(numberOf(parts), network));
          // What few know of may be refused beyond these.
          if (isPrivate) expect(isPublic(parts.join("."))).toBe(false);
          expect(isPublic(`::ffff:${parts.join(".")}`)).toBe(isPublic(parts.join(".")));
        },
      ),
    );
    expect(isPublic("8.8.8.8")).toBe(true);
  });

  it("[UR7] are named in the operator's list in a form that can be checked", () => {
    for (const rule of [
      "*",
      "*.example.org",
      "example.org:8080",
      "10.0.0.5",
      "[2001:db8::1]:80",
      "localhost",
    ])
      expect([rule, isHostRule(rule)]).toEqual([rule, true]);
    for (const rule of ["https://example.org", "example.org/a", "a*b.org", "*.*.org", "", ".org", "a:b"])
      expect([rule, isHostRule(rule)]).toEqual([rule, false]);
    expect(["localhost:9000", "localhost", "*:80", "[::1]:80", "[::1]"].map(isPrivateHostRule)).toEqual([
      ...[true, false, false, true, false],
    ]);
  });
});
