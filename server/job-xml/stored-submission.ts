/** A stored job as it could be submitted again: with its program and its input inside. */
import { SubmitJob } from "../../protocol/job";
import type { Json } from "../../protocol/json";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import type { RuntimeOf } from "../../protocol/runtime";
import type { BlockStore } from "../grid-api";
import type { JobRecord } from "../store/jobs";

/** @throws {GridError} `too-large`, `not-portable`. */
export async function storedSubmission(
  record: JobRecord,
  blocks: Pick<BlockStore, "read">,
): Promise<SubmitJob> {
  const { name, submitter, options, config } = record;
  const input = await inputOf(record, blocks);
  const program = programOf(record, Buffer.from(await blocks.read(record.program)));
  return SubmitJob.parse({ name, submitter, program, input, options, config });
}

/** TypeScript has become JavaScript, and scripts for Node.js modules: what is exported is what runs. */
function programOf({ runtime }: JobRecord, bytes: Buffer): Json {
  switch (runtime.name) {
    case "js":
    case "pando":
    case "python":
      return { runtime: runtime.name, source: bytes.toString(), fileName: runtime.fileName };
    case "wasm":
      return { runtime: "wasm", wasm: bytes.toString("base64") };
    case "wasi": {
      const { map, combine, reduce } = runtime;
      return { runtime: "wasi", wasm: bytes.toString("base64"), map, combine, reduce };
    }
    case "streaming":
      return scriptsOf(runtime, bytes.toString());
  }
}

function scriptsOf({ properties, ...runtime }: RuntimeOf<"streaming">, text: string): Json {
  const code = JSON.parse(text) as Record<string, string | null>;
  const scripts = (["mapper", "combiner", "reducer"] as const).flatMap((role) => {
    const [script, source] = [runtime[role], code[role]];
    return script && typeof source === "string" ? [[role, { ...script, source }] as const] : [];
  });
  return { runtime: "streaming", ...Object.fromEntries(scripts), properties };
}

async function inputOf({ id, plan }: JobRecord, blocks: Pick<BlockStore, "read">): Promise<Json> {
  if (plan.type === "range") {
    const { start, step, count } = plan;
    return { range: { start, end: start + count * step, step } };
  }
  if (plan.type === "sweep") {
    const axes = plan.axes.map((axis): [string, Json] => {
      if ("values" in axis) return [axis.name, axis.values];
      const { name, start, step, count } = axis;
      return [name, { start, end: start + count * step, step }];
    });
    return { sweep: Object.fromEntries(axes) };
  }
  const { format } = plan;
  if (format.type !== "lines" && format.type !== "jsonl") {
    throw new GridError(
      "not-portable",
      `${id} reads a dataset as ${format.type}, which does not travel in a job.xml`,
    );
  }
  const bytes = plan.blocks.reduce((sum, block) => sum + block.bytes, 0);
  // Base64 takes a third more.
  if (bytes * 1.5 > LIMITS.jobXmlBytes) {
    const rule = `A job.xml may have ${LIMITS.jobXmlBytes} bytes (jobXmlBytes)`;
    throw new GridError("too-large", `${rule}; the input of ${id} alone has ${bytes}: put it into a dataset`);
  }
  const texts: string[] = [];
  for (const { digest } of plan.blocks) texts.push(Buffer.from(await blocks.read(digest)).toString());
  if (plan.recordsPerTask === null) return { text: texts.join(""), format: format.type };
  const lines = texts
    .join("")
    .split("\n")
    .filter((line) => line !== "");
  return { items: lines.map((line): Json => JSON.parse(line)) };
}
