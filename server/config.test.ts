import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { isLoopback, readConfig } from "./config";
import { closeDatabase, openDatabase } from "./store/database";
import { migrate } from "./store/migrate";

describe("readConfig", () => {
  it("[CF1] needs nothing to be set: this machine only, port 3000, the folder `data`", () => {
    expect(readConfig({})).toEqual({
      port: 3000,
      host: "127.0.0.1",
      dataDir: path.resolve("data"),
      databaseUrl: `file://${path.resolve("data/grid.db")}`,
      blocksDir: path.resolve("data/blocks"),
      onePerAddress: true,
      leastPaceMs: 0,
      submitterWeights: new Map(),
      trustedProxies: [],
      s3: null,
      dev: false,
      datasetBytes: 1024 ** 4,
      datasetBytesPerUser: 256 * 1024 ** 3,
      sources: { rules: { hosts: [], privateHosts: [] }, maxBytes: 64 * 1024 ** 3, maxMs: 6 * 3_600_000 },
    });
  });

  it("[UR8] takes hosts to fetch data from as a list of names, and refuses what is none", () => {
    const { sources } = readConfig({
      TABGRID_URL_HOSTS: "Data.Example.org, *.example.com,files.example.net:8443",
      TABGRID_URL_PRIVATE_HOSTS: "10.0.0.5:8080",
      TABGRID_URL_BYTES: "1000",
      TABGRID_URL_SECONDS: "60",
    });
    expect(sources).toEqual({
      rules: {
        hosts: ["data.example.org", "*.example.com", "files.example.net:8443"],
        privateHosts: ["10.0.0.5:8080"],
      },
      ...{ maxBytes: 1000, maxMs: 60_000 },
    });
    expect(() => readConfig({ TABGRID_URL_HOSTS: "https://example.org" })).toThrow(
      /TABGRID_URL_HOSTS must be a list of hosts/,
    );
    expect(() => readConfig({ TABGRID_URL_PRIVATE_HOSTS: "localhost" })).toThrow(
      /must be a list of host:port/,
    );
    expect(() => readConfig({ TABGRID_URL_SECONDS: "0" })).toThrow(/whole number of seconds from 1/);
  });

  it("[CF9] takes proxies as addresses, networks and names, and refuses anything else", () => {
    const trusted = (TABGRID_TRUST_PROXY: string) => readConfig({ TABGRID_TRUST_PROXY }).trustedProxies;
    expect(trusted("10.0.0.5, 192.168.0.0/16,loopback")).toEqual(["10.0.0.5", "192.168.0.0/16", "loopback"]);
    for (const wrong of ["everyone", "10.0.0.0/99", "10.0.0"])
      expect(() => trusted(wrong)).toThrow(/TABGRID_TRUST_PROXY must be a list of addresses/);
    expect(() => readConfig({ TABGRID_COPIES_PER_ADDRESS: "2" })).toThrow("must be one or any");
    expect(readConfig({ TABGRID_COPIES_PER_ADDRESS: "any" }).onePerAddress).toBe(false);
  });

  it("[CF10] takes submitters' shares of the computing time, and refuses what is none", () => {
    const weights = (TABGRID_SUBMITTER_WEIGHTS: string) =>
      readConfig({ TABGRID_SUBMITTER_WEIGHTS }).submitterWeights;
    expect(weights("Ann=3, physics=0.5")).toEqual(
      new Map([
        ["Ann", 3],
        ["physics", 0.5],
      ]),
    );
    for (const wrong of ["ann", "ann=", "=2", "ann=-1", "ann=0", "ann=5000", "ann=1=2"])
      expect(() => weights(wrong)).toThrow(/TABGRID_SUBMITTER_WEIGHTS must be a list of submitters/);
  });

  it("[CF11] takes how long tabs gather at least, up to what they may be asked for", () => {
    expect(readConfig({ TABGRID_PACE_MS: "4000" }).leastPaceMs).toBe(4_000);
    for (const TABGRID_PACE_MS of ["4001", "-1", "1.5", "soon"])
      expect(() => readConfig({ TABGRID_PACE_MS })).toThrow(
        "TABGRID_PACE_MS must be a whole number of milliseconds from 0 to 4000",
      );
  });

  it("[CF2] takes a variable that is empty for one that is not set", () => {
    expect(readConfig({ PORT: "", HOST: " ", TABGRID_DATA_DIR: "" })).toEqual(readConfig({}));
  });

  it.each(["abc", "-1", "1.5", "0x10", "65536", "3000 "])(
    "[CF3] refuses the port %j, naming the variable and the rule",
    (PORT) => {
      const message = `PORT must be a whole number from 0 to 65535; got ${JSON.stringify(PORT)}`;
      expect(() => readConfig({ PORT })).toThrow(expect.objectContaining({ name: "StartFailure", message }));
    },
  );

  it("[CF6] refuses a log level that there is not, naming those that there are", () => {
    const message = `TABGRID_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent; got "loud"`;
    expect(() => readConfig({ TABGRID_LOG_LEVEL: "loud" })).toThrow(
      expect.objectContaining({ name: "StartFailure", message }),
    );
    expect(() => readConfig({ TABGRID_LOG_LEVEL: "debug" })).not.toThrow();
  });

  it.each(["a b", "50%", "a%20b", "a#b", "a?b", "ä"])(
    "[CF4] keeps the database in the data folder, also when that is called %j",
    async (name) => {
      const folder = path.join(await mkdtemp(path.join(tmpdir(), "tabgrid-")), name);
      const { databaseUrl, dataDir } = readConfig({ TABGRID_DATA_DIR: folder });
      await mkdir(dataDir);
      await migrate(databaseUrl);
      await closeDatabase(await openDatabase(databaseUrl));
      expect(await readdir(folder)).toContain("grid.db");
      await rm(path.dirname(folder), { recursive: true });
    },
  );

  it("[CF5] knows which hosts only this machine can reach", () => {
    expect(["localhost", "127.0.0.1", "127.8.9.1", "::1"].map(isLoopback)).toEqual([true, true, true, true]);
    expect(["0.0.0.0", "::", "192.168.1.7", "127.0.0.1.example.org"].map(isLoopback)).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });
});
