/** Parquet, from the file to the result in real tabs: columns chosen, values of all kinds, and files that are none. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { BlockPage, DatasetView } from "../protocol/dataset";
import { LIMITS } from "../protocol/limits";
import { connect } from "../sdk/node/tabgrid";
import type { JobRequest, Rest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";

const BLOCK = LIMITS.minDatasetBlockBytes;
const ROWS = 60_000;
const GROUPS = 6;
const STATIONS = ["Bergen", "Oslo", "Tromsø", "Ålesund"];
const options = { quorum: 1 } as const;

/** A file of a few megabytes, of which two columns are a small part. */
function measurements(): Uint8Array<ArrayBuffer> {
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const noise = (row: number) => Math.sin(row * 12.9898) * 43_758.5453;
  const columnData = [
    { name: "id", data: rows.map((row) => BigInt(row) + 2n ** 60n), type: "INT64" as const },
    { name: "raw", data: Float64Array.from(rows, noise), type: "DOUBLE" as const },
    { name: "station", data: rows.map((row) => STATIONS[row % 4]), type: "STRING" as const },
    { name: "raw2", data: Float64Array.from(rows, (row) => noise(row + 0.5)), type: "DOUBLE" as const },
    { name: "celsius", data: rows.map((row) => (row % 10 === 0 ? null : row % 37)), type: "INT32" as const },
    { name: "raw3", data: Float64Array.from(rows, (row) => noise(row + 0.3)), type: "DOUBLE" as const },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: ROWS / GROUPS }));
}

async function put(rest: Rest, path: string, body: BodyInit): Promise<Response> {
  const query = `format=parquet&blockBytes=${BLOCK}`;
  return rest.fetch(`/api/v1/datasets${path}?${query}`, { method: "PUT", body });
}

async function pairsOf(rest: Rest, request: JobRequest): Promise<{ key: unknown; value: unknown }[]> {
  const { id } = await rest.submit({ options, ...request });
  await rest.completed(id);
  const text = await rest.result(id);
  return text.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as never)));
}

test("[E4401] two columns of a Parquet file are read without the others, in JavaScript, Python and streaming scripts and by the SDK, and what is no Parquet is refused", async ({
  coordinator,
  rest,
  volunteer,
}) => {
  await volunteer();
  const file = measurements();
  const uploaded = await put(rest, "/ada/weather", file);
  expect(uploaded.status).toBe(201);
  const { latest } = DatasetView.parse(await uploaded.json());
  expect(latest).toMatchObject({ records: ROWS, bytes: file.length, format: { type: "parquet" } });
  expect(latest.reading).toMatchObject({ columns: ["id", "raw", "station", "raw2", "celsius", "raw3"] });
  const content = await rest.fetch("/api/v1/datasets/ada/weather/content");
  expect(Buffer.from(await content.arrayBuffer()).equals(Buffer.from(file))).toBe(true);

  const sums = await pairsOf(rest, {
    program: {
      source:
        "export const map = (row, { emit }) => { if (Object.keys(row).join() !== 'celsius,station') throw new Error('columns: ' + Object.keys(row)); if (row.celsius !== null) emit(row.station, row.celsius); }; export const reduce = (station, values) => values.reduce((a, b) => a + b);",
    },
    input: { dataset: "/ada/weather", columns: ["celsius", "station"] },
    options: { ...options, chunkBytes: LIMITS.minChunkBytes },
  });
  const expected = new Map<string, number>();
  for (let row = 0; row < ROWS; row++)
    if (row % 10 !== 0)
      expected.set(STATIONS[row % 4] ?? "", (expected.get(STATIONS[row % 4] ?? "") ?? 0) + (row % 37));
  expect(new Map(sums.map(({ key, value }) => [key, value]))).toEqual(expected);

  // Blocks with other columns alone have never left the coordinator.
  await expect(async () => {
    const page = await rest.fetch("/api/v1/datasets/ada/weather/blocks?limit=1000");
    const { blocks } = BlockPage.parse(await page.json());
    const held = blocks.filter(({ holders }) => holders > 0).length;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(blocks.length / 2);
  }).toPass();

  // Numbers of rows go on over the row groups; numbers of 64 bits are exact.
  const numbering = {
    program: {
      source: `export const map = ({ id }, { emit, recordIndex }) => { if (id % 10000n === 7n) emit(String(id - 2n ** 60n), typeof id); };`,
    },
    input: { dataset: "/ada/weather", columns: ["id"] },
    options,
  };
  const numbered = await connect(coordinator.origin).job(numbering).run().toArray();
  const sevens = Array.from({ length: ROWS }, (_, row) => row).filter(
    (row) => (BigInt(row) + 2n ** 60n) % 10_000n === 7n,
  );
  expect(numbered).toEqual(sevens.map((row) => ({ key: String(row), value: "bigint" })));

  const python = await pairsOf(rest, {
    program: {
      runtime: "python",
      source:
        "def map(record, context):\n    if record['id'] % 10000 == 7:\n        context.emit(str(record['id'] - 2**60), record['celsius'])\n",
    },
    input: { dataset: "/ada/weather", columns: ["id", "celsius"] },
  });
  expect(python).toEqual(
    sevens.map((row) => ({ key: String(row), value: row % 10 === 0 ? null : row % 37 })),
  );

  const lines = await pairsOf(rest, {
    program: {
      runtime: "streaming",
      mapper: {
        language: "js",
        source:
          "require('readline').createInterface({ input: process.stdin }).on('line', (line) => { const id = /\"id\":(\\d+)/.exec(line)[1]; if (id.endsWith('0007')) console.log(id + '\\t' + JSON.parse(line).celsius); });",
      },
      properties: { "mapreduce.job.reduces": "0" },
    },
    input: { dataset: "/ada/weather", columns: ["id", "celsius"] },
  });
  expect(lines).toEqual(
    sevens
      .filter((row) => String(BigInt(row) + 2n ** 60n).endsWith("0007"))
      .map((row) => ({
        key: String(BigInt(row) + 2n ** 60n),
        value: String(row % 10 === 0 ? null : row % 37),
      })),
  );

  const columns = await rest.fetch("/api/v1/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      program: { source: "export const map = (row) => row;" },
      input: { dataset: "/ada/weather", columns: ["Celsius"] },
    }),
  });
  expect(columns.status).toBe(400);
  expect(await columns.json()).toMatchObject({
    detail: expect.stringContaining('there is no column "Celsius" among "id", "raw"') as unknown,
  });

  for (const [bad, words] of [
    ["name,age\nada,36\n", "begins with PAR1"],
    [file.slice(0, file.length / 2), "ends with PAR1"],
    [withTail(file, 2 ** 31), "parquetFooterBytes"],
    [withTail(file, 64), "The file's metadata"],
  ] as const) {
    const refused = await put(rest, "/ada/bad", bad);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      type: "/problems/data-invalid",
      detail: expect.stringContaining(words) as unknown,
    });
  }
  expect((await rest.fetch("/api/v1/datasets/ada/bad")).status).toBe(404);
});

test("[E4402] a damaged page fails its job with row group and column, other jobs and other columns go on, and the form chooses columns", async ({
  rest,
  volunteer,
  page,
  coordinator,
}) => {
  await volunteer();
  const file = measurements();
  // Somewhere in the pages of the first column.
  file.fill(255, 3_000, 3_200);
  expect((await put(rest, "/ada/damaged", file)).status).toBe(201);
  const source =
    "export const map = (row, { emit }) => emit('rows', 1); export const reduce = (key, ones) => ones.length;";
  const [bad, good] = await Promise.all([
    rest.submit({ program: { source }, input: { dataset: "/ada/damaged" } as JobRequest["input"], options }),
    rest.submit({ program: { source }, input: { dataset: "/ada/damaged", columns: ["raw3"] }, options }),
  ]);
  await rest.completed(good.id);
  expect(await rest.result(good.id)).toContain(`"value":${ROWS}`);
  await expect(async () => {
    const job = await rest.job(bad.id);
    expect(job).toMatchObject({
      state: "failed",
      failure: { message: expect.stringContaining('Row group 0, column "id": ') as unknown },
    });
  }).toPass();

  await page.goto(`${coordinator.origin}/jobs/new?dataset=/ada/damaged`);
  await page.getByLabel("Columns").fill("celsius, stations");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByText('there is no column "stations" among "id"')).toBeVisible();
});

/** The file with another length of its metadata. */
function withTail(file: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const changed = file.slice();
  new DataView(changed.buffer).setUint32(file.length - 8, length, true);
  return changed;
}
