/** What the API's document shows of programs; a test holds it against the schemas. */
import { job } from "./examples";

const PROGRAM_ID = "prg_0123456789abcdef";

export const injection = {
  path: "/ada/primes",
  program: {
    source: "export function map(number) { return isPrime(number); }\nfunction isPrime(number) { … }",
  },
  options: { quorum: 2, chunkSize: 1000 },
};

export const program = {
  id: PROGRAM_ID,
  path: "/ada/primes",
  kind: "batch",
  version: 2,
  latestVersion: 2,
  runtime: "js",
  createdAt: 1767225600000,
  updatedAt: 1767229200000,
  runningJobs: 1,
  lastJob: job.id,
  service: null,
  data: { path: "/ada/primes", version: 1, bytes: 4096 },
};

export const programPage = { programs: [program], nextCursor: null };

export const versionList = {
  versions: [
    {
      version: 2,
      isCurrent: true,
      program: job.program,
      runtime: "js",
      bytes: 2048,
      hasReduce: false,
      options: { quorum: 2, chunkSize: 1000 },
      config: null,
      createdAt: 1767229200000,
    },
  ],
};

export const start = { input: { range: { start: 1, end: 100000, step: 1 } } };

export const started = { kind: "batch", job: { ...job, registered: { id: PROGRAM_ID, version: 2 } } };

export const outputLines = `{"taskId":"${job.id}/map/0","volunteerId":"v_0123456789abcdef","line":"begun"}\n`;
