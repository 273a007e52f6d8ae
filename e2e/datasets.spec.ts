/** Datasets, from upload to result: every format, read by jobs in real tabs. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { DatasetView } from "../protocol/dataset";
import { LIMITS } from "../protocol/limits";
import type { JobRequest, Rest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";

const BLOCK = LIMITS.minDatasetBlockBytes;
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
