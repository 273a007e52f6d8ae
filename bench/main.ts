/** Runs benchmarks, all or those named, and prints their figures: a table, or with --json one object a line. */
import { benchFirstOutput } from "./first-output";
import { benchSockets } from "./sockets";
import { tableOf, type Figure } from "./figures";
import { benchTasks } from "./tasks";
import { benchRows } from "./rows";
import { benchTerasort } from "./terasort";
import { benchTransfer } from "./transfer";
import { benchTrivial } from "./trivial";
import { benchUpload } from "./upload";
import { benchWordcount } from "./wordcount";

const BENCHES: Record<string, () => Promise<Figure[]>> = {
  trivial: benchTrivial,
  tasks: benchTasks,
  "first-output": benchFirstOutput,
  sockets: benchSockets,
  wordcount: benchWordcount,
  terasort: benchTerasort,
  rows: benchRows,
  transfer: benchTransfer,
  upload: benchUpload,
};

const parameters = process.argv.slice(2);
const asJson = parameters.includes("--json");
const wanted = parameters.filter((parameter) => parameter !== "--json");
const unknown = wanted.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`Running ${name} …`);
  for (const figure of await bench()) {
    figures.push(figure);
    if (asJson) console.log(JSON.stringify(figure));
  }
}
if (!asJson) console.log(tableOf(figures));
process.exit(0);
