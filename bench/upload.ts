/**
 * Uploads a dataset as a stream, as one request, and prints what memory the coordinator takes meanwhile.
 *
 * TABGRID_BENCH_BYTES says how many bytes. Against copying as many into a file, fsynced, by a plain Node process, in the same run.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { startCoordinator } from "./coordinator";
import { summarise, type Figure } from "./figures";
import { watchMemory } from "./memory";

const MIB = 1024 * 1024;

export async function benchUpload(): Promise<Figure[]> {
  const bytes = Number(process.env["TABGRID_BENCH_BYTES"] ?? 2_000_000_000);
  const coordinator = await startCoordinator();
  try {
    const memory = watchMemory(() => Promise.resolve({ coordinator: [coordinator.pid] }), "VmRSS");
    const startedAt = performance.now();
    await put(`${coordinator.url}/api/v1/datasets/bench/upload?format=bytes&recordBytes=100`, bytes);
    const uploadMs = performance.now() - startedAt;
    const { most, lines } = memory.stop();
    console.error([`  memory while ${bytes} bytes were uploaded:`, ...lines].join("\n"));
    const labels = { bench: "upload", case: `${bytes} bytes` };
    const perSecond = (ms: number) => bytes / MIB / (ms / 1000);
    const sample = { value: perSecond(uploadMs), reference: perSecond(await copyMs(bytes)) };
    const peak = { value: most.get("coordinator") ?? NaN, reference: 300 };
    return [
      summarise({ ...labels, unit: "MiB/s", against: "writing a file" }, [sample]),
      summarise({ ...labels, unit: "MiB", against: "300 MiB: most memory of the coordinator" }, [peak]),
    ];
  } finally {
    await coordinator.close();
  }
}

async function put(url: string, bytes: number): Promise<void> {
  const upload = request(url, { method: "PUT", headers: { "content-type": "application/octet-stream" } });
  const answered = once(upload, "response") as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(pieces(bytes)), upload);
  const [answer] = await answered;
  if ((answer.statusCode ?? 0) >= 300) throw new Error(`The dataset was refused: ${await text(answer)}`);
  answer.resume();
}

/** No two blocks are the same: a stretch of random bytes, each piece with its number in front. */
function* pieces(bytes: number): Generator<Uint8Array> {
  const random = randomBytes(MIB);
  for (let sent = 0; sent < bytes; sent += MIB) {
    const piece = Buffer.from(random.subarray(0, Math.min(MIB, bytes - sent)));
    piece.writeUInt32LE(sent / MIB);
    yield piece;
  }
}

async function copyMs(bytes: number): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-bench-copy-"));
  const file = await open(path.join(folder, "copy"), "w");
  try {
    const startedAt = performance.now();
    for (const piece of pieces(bytes)) await file.writeFile(piece);
    await file.sync();
    return performance.now() - startedAt;
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
}
