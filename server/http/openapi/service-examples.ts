/** What the API's document shows of services; a test holds it against the schemas. */
import { program } from "./program-examples";

const latency = { count: 20, p50: 12, p95: 31, p99: 40 };

export const service = {
  name: "ada-spell",
  kind: "service",
  programId: program.id,
  path: "/ada/spell",
  dataPath: "/ada/spell",
  version: 1,
  state: "running",
  startedAt: 1767225600000,
  wanted: 1,
  ready: 1,
  waiting: null,
  options: { quorum: 1, timeoutMs: 30000, concurrency: 4, queue: 100, requires: {} },
  instances: [
    {
      id: "ins_0123abcd_1",
      volunteerId: "v_0123456789abcdef",
      version: 1,
      state: "ready",
      sinceAt: 1767225600000,
      readyAt: 1767225600200,
      outstanding: 1,
      answered: 20,
      failed: 0,
      outvoted: 0,
      pingMs: 1,
      latency,
    },
  ],
  errors: [],
  logs: ["v_0123456789abcdef: 3,000 words"],
  queued: 0,
  outstanding: 1,
  totals: { answered: 20, failed: 0, retried: 0, timedOut: 0, refused: 0 },
  latency,
};

export const serviceList = { services: [service] };
