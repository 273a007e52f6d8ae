/** What the API's document shows as examples; a test holds them against the schemas. */

const JOB_ID = "job_0123456789abcdef";
const VOLUNTEER_ID = "v_0123456789abcdef";
const ACCOUNT_ID = "a_0123456789abcdef";
const DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

export const submission = {
  name: "word count",
  program: {
    source:
      "export function map(line, { emit }) { for (const word of line.split(/\\s+/)) emit(word, 1); }\n" +
      "export function reduce(word, counts) { return counts.reduce((sum, count) => sum + count, 0); }",
  },
  input: { text: "to be or not to be\nthat is the question\n" },
  options: { quorum: 2, reducers: 4 },
  config: { stopWords: ["the"] },
};

export const job = {
  id: JOB_ID,
  name: "word count",
  submitter: "ada",
  state: "running",
  createdAt: 1767225600000,
  startedAt: 1767225601000,
  endedAt: null,
  program: DIGEST,
  registered: null,
  inputBytes: 40,
  inputRecords: 2,
  options: {
    quorum: 2,
    copies: null,
    maxErrorRate: null,
    compare: "exact",
    sameEngine: false,
    order: "hash",
    reducers: 4,
    chunkBytes: null,
    chunkSize: 1,
    maxErrors: 3,
    maxCopies: 10,
    requires: {},
    taskTimeoutMs: 300000,
    onError: "fail",
    onCorrection: "recompute",
    priority: 0,
    weight: 1,
    maxVolunteers: null,
    maxInFlight: null,
  },
  validated: true,
  stages: [
    {
      ...{ name: "map", state: "running", tasks: 1, accepted: 0, skipped: 0, copiesOut: 1 },
      placing: { copies: 1, local: 0, bytesMoved: 23 },
    },
    { name: "reduce", state: "waiting", tasks: 4, accepted: 0, skipped: 0, copiesOut: 0, placing: null },
  ],
  progress: 0,
  tasksPerSecond: 0,
  etaMs: null,
  volunteersAtWork: [VOLUNTEER_ID],
  taskProgress: [{ taskId: `${JOB_ID}/map/0`, volunteerId: VOLUNTEER_ID, progress: 0.4 }],
  waiting: { code: "more-volunteers", message: "Two volunteers must agree; one is connected" },
  trust: null,
  rechecking: null,
  corrected: null,
  basedOn: [],
  repeats: null,
  replacedBy: null,
  failure: null,
  resultRecords: null,
};

export const again = {
  basedOn: [{ jobId: "job_fedcba9876543210", use: "input", isOutdated: false }],
  repeats: "job_00112233445566aa",
};

export const paused = {
  code: "paused",
  message: "The job is paused: nothing of it runs until it is resumed.",
};

export const jobPage = { jobs: [job], nextCursor: null };

export const taskErrorPage = {
  errors: [
    {
      taskId: `${JOB_ID}/map/0`,
      message: "TypeError: line.words is not a function",
      record: 0,
      stack: "at map (program.js:1:42)",
    },
  ],
  nextCursor: null,
};

export const jobStatistics = {
  stages: [
    {
      ...{ name: "map", tasks: 12, accepted: 12, recordsIn: 40_000, bytesIn: 12_000_000, runs: null },
      ...{ recordsOut: 9_000, bytesOut: 11_000_000, taskMs: { p50: 120, p95: 180, max: 240 } },
      placing: { copies: 24, local: 18, bytesMoved: 6_000_000 },
    },
    {
      ...{ name: "merge", tasks: 6, accepted: 6, recordsIn: 7_000, bytesIn: 8_500_000, runs: 12 },
      ...{ recordsOut: 900, bytesOut: 8_400_000, taskMs: { p50: 90, p95: 110, max: 110 }, placing: null },
    },
    {
      ...{ name: "reduce", tasks: 2, accepted: 2, recordsIn: 2_900, bytesIn: 10_900_000, runs: 18 },
      ...{ recordsOut: 300, bytesOut: 10_000_000, taskMs: { p50: 60, p95: 210, max: 210 }, placing: null },
    },
  ],
  shuffle: {
    partitions: [
      { bytes: 8_500_000, records: 7_000, runs: 12 },
      { bytes: 2_500_000, records: 2_000, runs: 12 },
    ],
    skew: 1.55,
    heavy: [
      {
        ...{ partition: 0, bytes: 8_500_000, pieces: 6, leftWhole: null },
        message:
          "Partition 0 had 8500000 bytes, the others 2500000 on average. It was split: its runs were combined in 6 pieces before it was reduced.",
      },
    ],
  },
};

export const taskPage = {
  tasks: [
    {
      id: `${JOB_ID}/map/0`,
      stage: "map",
      index: 0,
      pack: null,
      state: "open",
      digest: null,
      records: null,
      copies: [
        {
          volunteerId: VOLUNTEER_ID,
          account: null,
          state: "returned",
          verdict: "pending",
          digest: null,
          leasedAt: 1767225601000,
          returnedAt: 1767225601120,
          elapsedMs: 85,
          error: null,
          reason: "Waits until others have answered the task.",
        },
      ],
    },
  ],
  nextCursor: null,
};

export const volunteerPage = {
  volunteers: [
    {
      id: VOLUNTEER_ID,
      state: "connected",
      connectedAt: 1767225600500,
      slotCount: 4,
      device: {
        memoryGb: 8,
        engine: "v8",
        wasm: ["simd", "gc"],
        tags: ["lab"],
        arithmetic: "0123456789abcdef",
      },
      account: ACCOUNT_ID,
      copiesOut: 1,
      quota: null,
      waiting: null,
      acceptedTasks: 120,
      invalidTasks: 0,
      computeMs: 91500,
    },
  ],
};

export const status = {
  version: "0.1.0",
  startedAt: 1767225000000,
  volunteers: 1,
  slots: 4,
  copiesOut: 1,
  jobs: { queued: 0, running: 1, paused: 0 },
  tasksPerSecond: 12.5,
};

export const session = { volunteerId: VOLUNTEER_ID };

export const newAccount = { id: ACCOUNT_ID, key: `${ACCOUNT_ID}.abcdefghijklmnopqrstuvwxyz012345` };

export const account = {
  id: ACCOUNT_ID,
  createdAt: 1767225600000,
  acceptedTasks: 150,
  computeMs: 120500,
  volunteers: [
    {
      id: VOLUNTEER_ID,
      state: "connected",
      lastSeenAt: 1767225700000,
      acceptedTasks: 120,
      computeMs: 91500,
    },
    {
      id: "v_fedcba9876543210",
      state: "gone",
      lastSeenAt: 1767220000000,
      acceptedTasks: 30,
      computeMs: 29000,
    },
  ],
};

export const membership = { volunteerId: VOLUNTEER_ID, account: ACCOUNT_ID };

export const ndjson = '{"key":"be","value":2}\n{"key":"is","value":1}\n';
export const tsv = "be\t2\nis\t1\n";
export const csv = "key,value\r\nbe,2\r\nis,1\r\n";
export const jobEvents = `event: job\ndata: ${JSON.stringify(job)}\n\nevent: end\ndata: {}\n\n`;
export const gridEvents = `event: status\ndata: ${JSON.stringify(status)}\n\n`;

export const jobXml = `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<configuration>
  <property><name>mapreduce.job.name</name><value>squares</value></property>
  <property><name>tabgrid.program</name><value>${Buffer.from('{"source":"export const map = (n) => n * n;"}').toString("base64")}</value></property>
  <property><name>tabgrid.input</name><value>${Buffer.from('{"range":{"end":10}}').toString("base64")}</value></property>
</configuration>
`;
