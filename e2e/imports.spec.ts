/** Data that the coordinator fetches from addresses: for datasets and for jobs, by page, REST, SDK and command line. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { JobId } from "../protocol/ids";
import { ImportList } from "../protocol/import";
import { connect } from "../sdk/node/tabgrid";
import { runCli } from "./fixtures/cli";
import { fileAnswer } from "./fixtures/file-host";
import { expectNarrow } from "./fixtures/narrow";
import type { Rest } from "./fixtures/rest";
import { expect, test as base } from "./fixtures/test";
import { until } from "./fixtures/until";

const MIB = 2 ** 20;

const test = base.extend({
  settings: async ({ files }, use) =>
    use({
      TABGRID_URL_HOSTS: "*",
      TABGRID_URL_PRIVATE_HOSTS: files.host,
      TABGRID_URL_BYTES: String(64 * MIB),
    }),
});

const COUNT_WORDS = {
  source:
    "export const map = (line, { emit }) => emit(line.split(' ')[0], 1); export const reduce = (word, ones) => ones.length;",
};

const importsOf = async (rest: Rest) =>
  ImportList.parse(await (await rest.fetch("/api/v1/imports")).json()).imports;

test("[E3911] the page imports from an address with its progress, over a killed coordinator and a broken connection, and a job in a tab reads it", async ({
  coordinator,
  files,
  rest,
  volunteer,
  page,
}) => {
  await volunteer();
  const text = Array.from(
    { length: 600_000 },
    (_, place) => `${["one", "two", "three"][place % 3]} ${place}\n`,
  );
  const content = Buffer.from(text.join(""));
  // It stops after 5 MiB, again after 6, and sends the rest to whom asks a third time.
  const held = fileAnswer(content, (asks) => [5 * MIB, 6 * MIB][asks] ?? content.length);
  let cut = () => {};
  const address = files.serve("/words.txt", (request, response) => {
    held(request, response);
    cut = () => response.destroy();
  });

  await page.goto(`${coordinator.origin}/datasets`);
  await page.getByLabel("From an address").check();
  await expect(page.getByText(`Allowed here: *, ${files.host}.`)).toBeVisible();
  await page.getByLabel("Path").fill("/ada/words");
  await page.getByLabel("Address", { exact: true }).fill("http://10.1.2.3/words.txt");
  await page.getByRole("button", { name: "Import" }).click();
  await expect(
    page.getByRole("alert").filter({ hasText: "not an address of the public network" }),
  ).toBeVisible();
  await page.getByLabel("Address", { exact: true }).fill(address);
  await page.getByRole("button", { name: "Import" }).click();
  const row = page.getByTestId("import");
  await expect(row).toContainText("running");
  await expect(row).toContainText("5.2 MB of 6.9 MB", { timeout: 30_000 });
  expect(await rest.datasets(), "nothing half-written is there").toEqual([]);
  expect((await rest.fetch("/api/v1/datasets/ada/words/content")).status).toBe(404);

  await coordinator.kill();
  await coordinator.start();
  await expect(row).toContainText("6.3 MB of 6.9 MB", { timeout: 30_000 });
  // Rounded, that may be some bytes less: what is on its way would be lost with the connection.
  await until(
    "all that was sent has come",
    () => importsOf(rest),
    ([view]) => view?.receivedBytes === 6 * MIB,
  );
  cut();
  await expect(row).toContainText("complete", { timeout: 30_000 });
  await expect(row).toContainText("the connection broke 2 times and was taken up again");
  // After the crash from the last whole block on, after the break from the last byte.
  expect(files.asked).toEqual([
    "/words.txt",
    expect.stringMatching(/^\/words\.txt bytes=419\d{4}-$/),
    `/words.txt bytes=${6 * MIB}-`,
  ]);
  await expect(page.getByTestId("dataset")).toContainText("600,000 records");
  const { latest } = await connect(coordinator.origin).datasets.get("/ada/words");
  expect(latest.sha256).toBe(createHash("sha256").update(content).digest("hex"));

  const { id } = await rest.submit({
    program: COUNT_WORDS,
    input: { dataset: "/ada/words" },
    options: { quorum: 1, reducers: 1 },
  });
  await rest.completed(id);
  expect(await rest.result(id)).toBe(
    ["one", "three", "two"].map((key) => `{"key":"${key}","value":200000}\n`).join(""),
  );
  await row.getByRole("button", { name: "Forget" }).click();
  await expect(row).toHaveCount(0);
});

test("[E3912] a job takes its input from an address; SDK and command line import; every refusal says why, and keeps nothing", async ({
  coordinator,
  files,
  rest,
  volunteer,
}) => {
  await volunteer();
  const people = gzipSync("name,n\nada,1\nbob,41\n");
  const csv = files.serve("/people.csv.gz", fileAnswer(people));
  const program = { source: "export const map = ({ name, n }, { emit }) => emit(name, Number(n));" };
  const job = await rest.submit({ program, input: { url: csv }, options: { quorum: 1 } });
  await rest.completed(job.id);
  expect(await rest.result(job.id)).toBe('{"key":"ada","value":1}\n{"key":"bob","value":41}\n');
  expect(await rest.datasets(), "what a job alone reads is no dataset").toEqual([]);

  const grid = connect(coordinator.origin);
  const told: (readonly [number, number | null])[] = [];
  const onProgress = (...progress: readonly [number, number | null]) => void told.push(progress);
  const version = await grid.datasets.import("/ada/people", csv, { onProgress });
  expect(version).toMatchObject({ version: 1, records: 2, format: { type: "csv" } });
  expect(told.at(-1)).toEqual([people.length, people.length]);

  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-import-"));
  await writeFile(path.join(folder, "map.js"), program.source);
  const cli = (...parameters: string[]) => runCli(parameters, { url: coordinator.origin, cwd: folder });
  const imported = await cli("dataset", "import", "/ada/people", csv, "--json");
  expect(imported).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(imported.stdout)).toMatchObject({ version: 2, records: 2 });
  const run = await cli("run", "map.js", "--input-url", csv, "--quorum", "1", "--format", "values", "-q");
  expect(run).toMatchObject({ code: 0, stdout: "1\n41\n" });

  const away = (path: string, location: string): string =>
    files.serve(path, (_, response) => response.writeHead(302, { location }).end());
  const refused: [string, string, string | RegExp][] = [
    [
      "url-redirect-refused",
      away("/inside", "http://127.0.0.1/api/v1/status"),
      /leads to .*is at 127\.0\.0\.1/,
    ],
    ["url-redirect-refused", away("/file", "file:///etc/passwd"), "must begin with http:// or https://"],
    ["url-address-refused", "http://localhost/", /is at (127\.0\.0\.1|::1)/],
    ["url-address-refused", "http://[::ffff:7f00:1]/", "is not an address of the public network"],
    ["url-scheme-refused", "ftp://example.org/a", "must begin with http:// or https://; got ftp:"],
    ["url-credentials-refused", "https://ada:secret@example.org/", "must have no user and password"],
    ["url-bad-answer", `http://${files.host}/nowhere`, "The host answers 404; 200 was expected"],
    ["url-unreachable", files.serve("/gone", (request) => request.socket.destroy()), files.host],
    [
      "url-too-large",
      files.serve("/large", (_, response) =>
        response.writeHead(200, { "content-length": 64 * MIB + 1 }).end(),
      ),
      `At most ${64 * MIB} bytes are fetched; there are ${64 * MIB + 1}`,
    ],
  ];
  for (const [code, address, words] of refused) {
    const problem = await rest.problem("/api/v1/datasets/ada/refused/import", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: address }),
    });
    expect([problem.type, problem.detail]).toEqual([
      `/problems/${code}`,
      words instanceof RegExp ? expect.stringMatching(words) : expect.stringContaining(words),
    ]);
    const asInput = await rest.refusal({ program, input: { url: address } });
    expect(asInput.type).toBe(`/problems/${code}`);
  }
  const failed = await cli("dataset", "import", "/ada/refused", `http://${files.host}/nowhere`);
  expect(failed).toMatchObject({ code: 4, stdout: "" });
  expect(failed.stderr).toContain("The host answers 404; 200 was expected");
  expect(await rest.datasets()).toEqual(["/ada/people"]);
  expect((await importsOf(rest)).map(({ state }) => state)).toEqual(["complete", "complete"]);
  await rm(folder, { recursive: true });
});

test("[E4703] a job's form takes an address with its format, refuses an address in its field, and the job reads it", async ({
  coordinator,
  files,
  rest,
  volunteer,
  page,
}) => {
  await volunteer();
  const address = files.serve("/people", fileAnswer(Buffer.from("ada;1\n'b;b';41\n")));
  await page.goto(`${coordinator.origin}/jobs/new`);
  await page
    .getByRole("textbox", { name: "Program" })
    .fill("export const map = ([name, n], { emit }) => emit(name, Number(n));");
  await page.getByLabel("Input").selectOption("url");
  await expect(page.getByText(`Allowed here: *, ${files.host}.`)).toBeVisible();
  await page.getByLabel("Quorum", { exact: true }).fill("1");
  const submit = page.getByRole("button", { name: "Submit job" });
  const field = page.getByLabel("Address", { exact: true });
  const told = (words: string) =>
    expect(page.locator("div", { has: field }).last().getByRole("alert")).toContainText(words);

  await submit.click();
  await told("must be an address, such as https://");
  await field.fill("http://10.1.2.3/people");
  await submit.click();
  await told("not an address of the public network");
  await field.fill(address);
  await page.getByLabel("Format").selectOption("csv");
  await page.getByLabel("Between fields").fill("::");
  await submit.click();
  await expect(
    page.getByRole("alert").filter({ hasText: 'one character, or \\t for a tab; got "::"' }),
  ).toBeVisible();
  await page.getByLabel("Between fields").fill(";");
  await page.getByLabel("Around fields").fill("'");
  await page.getByLabel("First row has the names").uncheck();
  await expectNarrow(page);
  await submit.click();
  await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 30_000 });
  const id = JobId.parse(page.url().split("/").at(-1));
  expect(await rest.result(id)).toBe('{"key":"ada","value":1}\n{"key":"b;b","value":41}\n');
});
