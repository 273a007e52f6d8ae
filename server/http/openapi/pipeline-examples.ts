/** What the API's document shows of pipelines; a test holds it against the schemas. */
const source =
  "export function map({ key, value }, { config, emit }) { emit(key, (value + config.target / value) / 2); }";
const job = "job_0123456789abcdef";

export const submission = {
  name: "square roots",
  steps: [
    {
      name: "halve",
      program: { source },
      input: { step: "halve", first: { items: [{ key: "two", value: 1 }] } },
      config: { target: 2 },
      repeat: { until: { key: "two", changeBelow: 0.001 }, maxIterations: 20 },
      keep: "/ada/roots",
    },
  ],
};

export const pipeline = {
  id: "pipe_0123456789abcdef",
  name: "square roots",
  submitter: "everybody",
  state: "completed",
  createdAt: 1767225600000,
  endedAt: 1767225602000,
  steps: [
    {
      name: "halve",
      state: "completed",
      after: [],
      until: 'value of "two" changing by less than 0.001',
      maxIterations: 20,
      iterations: [{ number: 1, state: "done", jobId: job, value: 1.5, isOutdated: false }],
      endedBy: "condition",
      keep: "/ada/roots",
      keptVersion: 1,
      resultJobId: job,
    },
  ],
  failure: null,
  repeats: null,
  replacedBy: null,
};

export const pipelinePage = { pipelines: [pipeline], nextCursor: null };
