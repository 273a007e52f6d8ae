/** Blocks in an S3 bucket: tabs fetch them straight from the service, by addresses that the coordinator signs. */
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { Coordinator } from "./fixtures/coordinator";
import { Rest } from "./fixtures/rest";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";

const {
  TABGRID_TEST_S3_ENDPOINT: endpoint,
  TABGRID_TEST_S3_ACCESS_KEY: accessKey = "",
  TABGRID_TEST_S3_SECRET_KEY: secretKey = "",
} = process.env;

const REQUEST = /(GET|HEAD|PUT) (\S+) HTTP\/1\.1\r\n([\s\S]*?)\r\n\r\n/g;

/** Stands before the service, passes every byte on, and writes down who asks for what. */
async function openListener(service: string): Promise<{ url: string; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const { hostname, port } = new URL(service);
  const server = createServer((client) => {
    const onward = connect(Number(port), hostname);
    for (const socket of [client, onward])
      socket.on("error", () => [client, onward].forEach((one) => one.destroy()));
    client.on("data", (bytes) => {
      for (const [, method, url, headers = ""] of bytes.toString("latin1").matchAll(REQUEST))
        asked.push(`${/user-agent: Mozilla/i.test(headers) ? "tab" : "coordinator"} ${method} ${url}`);
    });
    client.pipe(onward).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, asked, server };
}

const digestIn = (line: string) => /(?:blocks|datasets)\/([0-9a-f]{64})/.exec(line)?.[1] ?? "";

// `npm test` starts a service for this.
if (endpoint !== undefined) {
  test("[E3801] with blocks in a bucket, tabs fetch them from there, and the coordinator passes on none", async ({
    browser,
  }) => {
    const listener = await openListener(endpoint);
    const coordinator = await Coordinator.start({
      TABGRID_S3_ENDPOINT: listener.url,
      TABGRID_S3_BUCKET: `e2e-${randomUUID()}`,
      TABGRID_S3_ACCESS_KEY: accessKey,
      TABGRID_S3_SECRET_KEY: secretKey,
    });
    try {
      const rest = new Rest(() => coordinator.origin);
      const context = await browser.newContext();
      await openTab(context, coordinator.origin);
      const text = Array.from({ length: 2_000 }, (_, line) => `line ${line}`).join("\n");
      const program = { source: "export function map(line) { return line.length; }" };
      const options = { quorum: 1, chunkBytes: 4096 };
      const put = await fetch(`${coordinator.origin}/api/v1/datasets/ada/lines`, {
        method: "PUT",
        body: text.replaceAll("line", "row"),
      });
      expect(put.status).toBe(201);
      for (const input of [{ text }, { dataset: "/ada/lines" }]) {
        const { id } = await rest.submit({ name: "from the bucket", program, input, options });
        await rest.completed(id);
        expect((await rest.result(id)).trim().split("\n")).toHaveLength(2_000);
      }
      const byTab = listener.asked.filter((line) => line.startsWith("tab GET"));
      expect(byTab.length).toBeGreaterThan(4);
      for (const line of byTab) expect(line).toContain("X-Amz-Signature=");
      expect(byTab.filter((line) => line.includes("/datasets/"))).not.toEqual([]);
      // It reads what was computed, and none of what it sent the tab there for.
      const sentThere = new Set(byTab.map(digestIn));
      const readHere = listener.asked.filter((line) => line.startsWith("coordinator GET")).map(digestIn);
      expect(readHere.filter((digest) => sentThere.has(digest))).toEqual([]);
      expect((await coordinator.requestsSoFar()).filter((line) => line.includes("through=1"))).toEqual([]);
      expect(coordinator.bugs).toEqual([]);
      await context.close();
    } finally {
      await coordinator.close();
      listener.server.close();
    }
  });
}
