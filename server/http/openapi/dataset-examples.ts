/** Examples of what the API says of datasets. */
const latest = {
  path: "/ada/measurements",
  version: 2,
  format: { type: "csv", delimiter: ",", quote: '"', header: true },
  reading: { type: "csv", delimiter: ",", quote: '"', columns: ["station", "month", "celsius"] },
  bytes: 9_031_207,
  records: 402_113,
  blocks: 3,
  sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
  createdAt: 1_790_000_000_000,
  keptFrom: null,
  holders: 4,
} as const;

export const dataset = {
  path: "/ada/measurements",
  owner: "ada",
  visibility: "public",
  copies: 3,
  createdAt: 1_780_000_000_000,
  versions: 2,
  latest,
} as const;

const listed = { ...latest, holders: null };

export const datasetPage = { datasets: [{ ...dataset, latest: listed }], nextCursor: "/ada/measurements" };
export const versionPage = { versions: [listed], nextCursor: null };
export const blockPage = {
  blocks: [
    {
      digest: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
      bytes: 4_194_311,
      records: 186_730,
      firstRecord: 0,
      holders: 4,
    },
  ],
  nextCursor: "1",
};

export const beginUpload = { dataset: "/ada/measurements", format: "csv", length: 9_031_207 };
export const upload = {
  id: "8c5ee8a2-5e16-4b6a-8d3f-6a9b6cf0a3a1",
  path: "/ada/measurements",
  offset: 4_194_304,
  length: 9_031_207,
  bytes: 4_194_304,
  records: 0,
  blocks: 0,
  createdAt: 1_790_000_000_000,
} as const;
const imported = {
  id: "5d1f6a3c-2f0d-4a53-9a0b-0f5a1c7d9e21",
  path: "/ada/measurements",
  url: "https://data.example.org/measurements.csv.gz",
  receivedBytes: 4_194_304,
  length: 9_031_207,
  records: 201_050,
  blocks: 1,
  breaks: 0,
  createdAt: 1_790_000_000_000,
};
export const runningImport = { ...imported, state: "running" } as const;
export const beginImport = { url: imported.url, format: "csv" } as const;
export const importList = {
  imports: [
    runningImport,
    { ...imported, state: "complete", receivedBytes: 9_031_207, version: 1, endedAt: 1_790_000_060_000 },
  ],
  hosts: ["data.example.org", "*.example.com"],
};
export const uploadList = { uploads: [upload] };
