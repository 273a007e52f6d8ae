import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listen } from "../../testing/listen";
import { serveSandbox } from "./sandbox-page";

const script = "const a = 1 < 2;\r\npostMessage('<b>');";
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  const serve = serveSandbox(script);
  server = await listen((request, response) => {
    if (!serve(request, response)) response.writeHead(299).end();
  });
});
afterEach(() => server.close());

const get = (path: string, init?: RequestInit) => fetch(server.origin + path, init);

describe("serveSandbox", () => {
  it("[HT36] lets exactly its own script run, and nothing reach the network", async () => {
    const response = await get("/sandbox?v=1");
    const inline = /<script>([\s\S]*)<\/script>/.exec(await response.text())?.[1] ?? "";
    const hash = createHash("sha256").update(inline).digest("base64");
    expect(inline).toBe(script.replace("\r\n", "\n"));
    expect(response.headers.get("content-security-policy")).toBe(
      `default-src 'none'; script-src 'sha256-${hash}' blob: 'wasm-unsafe-eval'; worker-src data: blob:; ` +
        "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts",
    );
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("cache-control")).toBe("no-cache");
  });

  it("[HT37] leaves every other address alone", async () => {
    expect((await get("/sandbox/x")).status).toBe(299);
    expect((await get("/")).status).toBe(299);
  });

  it("[HT38] answers other methods 405, with Allow", async () => {
    const response = await get("/sandbox", { method: "POST" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("[HT39] refuses a script that would end its own tag", () => {
    expect(() => serveSandbox("'</SCRIPT>'")).toThrow("must not contain");
  });
});
