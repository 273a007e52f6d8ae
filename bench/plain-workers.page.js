/**
 * Runs in the browser: does what the address says in plain workers and posts how long it took.
 * A file of its own because a function that a bundler has touched can't be sent as text.
 */
const query = new URLSearchParams(location.search);

const workerOf = (source) =>
  new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
const post = (value) => fetch("/", { method: "POST", body: String(value) });
const next = (worker) => new Promise((resolve) => (worker.onmessage = resolve));

async function runTasks() {
  const taskCount = Number(query.get("tasks"));
  const workerCount = Number(query.get("workers"));
  const source =
    `${query.get("map")}\nonmessage = ({ data: [from, step, end] }) => {` +
    `let sum = 0; for (let n = from; n < end; n += step) sum += map(n); postMessage(sum); };postMessage("ready");`;
  const workers = Array.from({ length: workerCount }, () => workerOf(source));
  await Promise.all(workers.map(next));
  const startedAt = performance.now();
  await Promise.all(
    workers.map((worker, place) => {
      const done = next(worker);
      worker.postMessage([place, workerCount, taskCount]);
      return done;
    }),
  );
  await post(performance.now() - startedAt);
}

async function echo() {
  const worker = workerOf("onmessage = ({ data }) => postMessage(data);");
  const startedAt = performance.now();
  let echoes = 0;
  worker.onmessage = ({ data }) => {
    echoes += 1;
    if (performance.now() - startedAt < 1_000) return worker.postMessage(data);
    worker.onmessage = null;
    void post((echoes / (performance.now() - startedAt)) * 1_000);
  };
  for (let flight = 0; flight < 32; flight++) worker.postMessage(flight);
}

/** From having a function's source to having its first output: what a grid of no tabs and no coordinator would take. */
async function firstOutput() {
  const startedAt = performance.now();
  const worker = workerOf(`${query.get("map")}\nonmessage = ({ data }) => postMessage(map(data));`);
  const done = next(worker);
  worker.postMessage(0);
  await done;
  await post(performance.now() - startedAt);
}

/** What a browser gets of bytes that nobody looks at. */
async function fetchAll() {
  const count = Number(query.get("count"));
  const startedAt = performance.now();
  let begun = 0;
  const fetchSome = async () => {
    while (begun < count)
      await (await fetch(`/bytes/${query.get("bytes")}/${begun++}`, { cache: "no-store" })).arrayBuffer();
  };
  await Promise.all(Array.from({ length: 6 }, fetchSome));
  await post(performance.now() - startedAt);
}

await { fetch: fetchAll, tasks: runTasks, echoes: echo, first: firstOutput }[query.get("what")]();
