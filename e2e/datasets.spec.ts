/** Datasets, from upload to result: every format, read by jobs in real tabs. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { DatasetView } from "../protocol/dataset";
import { LIMITS } from "../protocol/limits";
import type { JobRequest, Rest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";

const BLOCK = LIMITS.minDatasetBlockBytes;
/** What the page sends at once. */
const PART = 4 * 1024 * 1024;
const options = { quorum: 1 };

async function put(rest: Rest, address: string, body: BodyInit): Promise<DatasetView> {
  const response = await rest.fetch(`/api/v1/datasets${address}`, { method: "PUT", body });
  if (response.status !== 201) throw new Error(`The upload was refused: ${await response.text()}`);
  return DatasetView.parse(await response.json());
}

async function pairsOf(rest: Rest, request: JobRequest): Promise<{ key: unknown; value: unknown }[]> {
  const { id } = await rest.submit({ options, ...request });
  await rest.completed(id);
  const text = await rest.result(id);
  return text.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as never)));
}

test("[E3601] a CSV with line ends within quotes is read by header, block by block, with numbers that go on", async ({
  rest,
  volunteer,
}) => {
  await volunteer();
  const rows = Array.from({ length: 6_000 }, (_, place) => ({
    city: `town "${place % 7}",\nsecond line`,
    value: place,
  }));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const csv = `city,value\r\n${rows.map(({ city, value }) => `${quoted(city)},${value}\r\n`).join("")}`;
  const { latest } = await put(rest, `/ada/towns?format=csv&blockBytes=${BLOCK}`, gzipSync(csv));
  expect(latest).toMatchObject({ records: 6_000, bytes: csv.length });
  expect(latest.blocks).toBeGreaterThan(2);

  const sums = await pairsOf(rest, {
    program: {
      source:
        "export const map = ({ city, value }, { emit }) => emit(city, Number(value)); export const reduce = (city, values) => values.reduce((a, b) => a + b);",
    },
    input: { dataset: "/ada/towns" },
  });
  const expected = new Map<string, number>();
  for (const { city, value } of rows) expected.set(city, (expected.get(city) ?? 0) + value);
  expect(new Map(sums.map(({ key, value }) => [key, value]))).toEqual(expected);

  const numbered = await pairsOf(rest, {
    program: { source: "export const map = ({ value }) => value;" },
    input: { dataset: "/ada/towns", version: 1 },
    options: { ...options, chunkBytes: LIMITS.minChunkBytes },
  });
  expect(numbered).toEqual(rows.map(({ value }) => ({ key: value, value: String(value) })));
});

test("[E3602] lines are read as JSON when asked for, and binary records as bytes", async ({
  rest,
  volunteer,
}) => {
  await volunteer();
  const lines = Array.from({ length: 3_000 }, (_, place) => JSON.stringify({ place, text: "é".repeat(20) }));
  await put(rest, `/ada/lines?blockBytes=${BLOCK}`, `${lines.join("\n")}\n`);
  const places = await pairsOf(rest, {
    program: { source: "export const map = ({ place }) => place;" },
    input: { dataset: "/ada/lines", format: "jsonl" },
  });
  expect(places).toEqual(lines.map((_, place) => ({ key: place, value: place })));

  const records = Buffer.alloc(100 * 2_000);
  for (let record = 0; record < 2_000; record++) records.writeUInt32LE(record * 7, record * 100);
  await put(rest, `/ada/records?format=bytes&recordBytes=100&blockBytes=${BLOCK}`, records);
  const numbers = await pairsOf(rest, {
    program: {
      source:
        "export const map = (bytes) => [bytes instanceof Uint8Array, bytes.length, new DataView(bytes.buffer).getUint32(0, true)];",
    },
    input: { dataset: "/ada/records" },
  });
  expect(numbers).toEqual(
    Array.from({ length: 2_000 }, (_, record) => ({ key: record, value: [true, 100, record * 7] })),
  );
});

test("[E3604] files of an archive and points of a sweep are records, in JavaScript and in Python", async ({
  rest,
  volunteer,
}) => {
  await volunteer();
  const folder = mkdtempSync(path.join(tmpdir(), "files-"));
  for (const name of ["one", "two", "three"]) writeFileSync(path.join(folder, `${name}.txt`), `I am ${name}`);
  const tar = execFileSync("tar", ["-C", folder, "-c", "one.txt", "two.txt", "three.txt"]);
  rmSync(folder, { recursive: true });
  const { latest } = await put(rest, "/ada/pictures?format=files", tar);
  expect(latest.records).toBe(3);
  const expected = ["one", "two", "three"].map((name) => ({ key: `${name}.txt`, value: `I am ${name}` }));
  const input = { dataset: "/ada/pictures" } as JobRequest["input"];
  const source =
    "export const map = ({ name, bytes }, { emit }) => emit(name, new TextDecoder().decode(bytes));";
  expect(await pairsOf(rest, { program: { source }, input })).toEqual(expected);
  const python = "def map(record, context):\n    context.emit(record['name'], record['bytes'].decode())\n";
  expect(await pairsOf(rest, { program: { runtime: "python", source: python }, input })).toEqual(expected);

  const points = await pairsOf(rest, {
    program: { source: "export const map = ({ rate, depth }) => `${rate} ${depth}`;" },
    input: { sweep: { rate: ["low", "high"], depth: { start: 1, end: 3, step: 0.5 } } },
    options: { ...options, chunkSize: 3 },
  });
  expect(points.map(({ value }) => value)).toEqual(
    ["low", "high"].flatMap((rate) => [1, 1.5, 2, 2.5].map((depth) => `${rate} ${depth}`)),
  );
});

test("[E3603] a coordinator that is killed keeps versions whole: the job on one goes on, what was half there is gone", async ({
  coordinator,
  rest,
  volunteer,
}) => {
  const lines = Array.from({ length: 40_000 }, (_, place) => `${place}\n`).join("");
  const { latest } = await put(rest, `/ada/kept?blockBytes=${BLOCK}`, lines);
  const { id } = await rest.submit({
    program: {
      source:
        "export const map = (line, { emit }) => emit('sum', Number(line)); export const reduce = (key, values) => values.reduce((a, b) => a + b);",
    },
    input: { dataset: "/ada/kept" },
    options,
  });
  await coordinator.kill();
  await coordinator.start();
  const response = await rest.fetch("/api/v1/datasets/ada/kept/content");
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(latest.sha256);
  await rest.fetch("/api/v1/datasets/ada/kept", { method: "DELETE" });
  expect((await rest.fetch("/api/v1/datasets/ada/kept")).status).toBe(404);
  await volunteer();
  await rest.completed(id);
  expect(JSON.parse(await rest.result(id))).toEqual({ key: "sum", value: (40_000 * 39_999) / 2 });
});

/** Lets uploads pass, but for the second part: it waits, and its connection breaks. @returns Where parts began, and how to break it. */
async function breakSecondPart(page: Page): Promise<{ offsets: string[]; breakIt: () => void }> {
  const offsets: string[] = [];
  let breakIt = () => {};
  const broken = new Promise<void>((resolve) => (breakIt = resolve));
  await page.route("**/api/v1/uploads/*", async (route) => {
    const { "upload-offset": offset } = route.request().headers();
    if (offset !== undefined) offsets.push(offset);
    if (offset === undefined || offsets.length !== 2) return route.continue();
    await broken;
    return route.abort("connectionreset");
  });
  return { offsets, breakIt };
}

test("[E3605] the page uploads a file with its progress, also over a connection that breaks, shows versions and blocks, leads to a job on it, and deletes it", async ({
  coordinator,
  rest,
  volunteer,
  page,
}) => {
  await volunteer();
  const lines = Array.from({ length: 300_000 }, (_, place) => `line number ${place}\n`).join("");
  await page.goto(`${coordinator.origin}/datasets`);
  await page.getByLabel("Path").fill("/ada/lines");
  await page.getByLabel("File").setInputFiles({
    name: "lines.txt",
    mimeType: "text/plain",
    buffer: Buffer.from(lines),
  });
  const { offsets, breakIt } = await breakSecondPart(page);
  await page.getByRole("button", { name: "Upload" }).click();
  const bar = page.getByRole("progressbar", { name: "Upload" });
  await expect(bar).toHaveAttribute("value", String(PART));
  await expect(bar).toHaveAttribute("max", String(lines.length));
  breakIt();
  await expect(page.getByRole("status")).toHaveText("/ada/lines has version 1 now, with 300000 records.");
  expect(offsets).toEqual(["0", String(PART), String(PART)]);
  await expect(bar).toHaveCount(0);
  const dataset = page.getByTestId("dataset");
  await expect(dataset).toContainText("300,000 records");
  await dataset.getByText("Versions and blocks").click();
  await expect(dataset.getByRole("row")).toHaveCount(1 + (await blocksOf(rest, "/ada/lines")));

  await dataset.getByRole("link", { name: "New job on /ada/lines" }).click();
  await expect(page.getByLabel("Path of the dataset")).toHaveValue("/ada/lines");
  await page.getByLabel("Quorum", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 60_000 });

  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto(`${coordinator.origin}/datasets`);
  await page.getByRole("button", { name: "Delete /ada/lines" }).click();
  await expect(page.getByText("There are no datasets yet.")).toBeVisible();
  expect((await rest.fetch("/api/v1/datasets/ada/lines")).status).toBe(404);
});

async function blocksOf(rest: Rest, path: string): Promise<number> {
  const response = await rest.fetch(`/api/v1/datasets${path}`);
  return DatasetView.parse(await response.json()).latest.blocks;
}
