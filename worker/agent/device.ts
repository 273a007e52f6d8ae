/** Finds out what this device is: how it behaves counts, not what it calls itself. */
import * as wasm from "wasm-feature-detect";
import { digestOf } from "../../protocol/digest";
import type { Device, Engine, WasmFeature } from "../../protocol/device";

const FEATURES: Record<WasmFeature, () => Promise<boolean>> = {
  simd: wasm.simd,
  "relaxed-simd": wasm.relaxedSimd,
  "bulk-memory": wasm.bulkMemory,
  exceptions: wasm.exceptions,
  "tail-call": wasm.tailCall,
  gc: wasm.gc,
  memory64: wasm.memory64,
};

/** Asked once: none of it changes while a browser runs. */
export async function findDevice(): Promise<Omit<Device, "tags">> {
  const found = await Promise.all(
    Object.entries(FEATURES).map(async ([name, detect]) =>
      (await detect().catch(() => false)) ? name : null,
    ),
  );
  return {
    memoryGb:
      "navigator" in globalThis && "deviceMemory" in navigator ? Number(navigator.deviceMemory) : null,
    engine: engineOf(messageOfNull()),
    wasm: found.filter((name) => name !== null) as WasmFeature[],
    arithmetic: arithmeticOf(Math),
  };
}

/** Functions whose last digits the language leaves to engines. */
const FREE = [
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "exp",
  "expm1",
  "log",
  "log1p",
  "log2",
  "log10",
  "cbrt",
] as const;
const SAMPLES = 400;

/**
 * What an engine makes of them, in 16 hexadecimal digits: equal for engines that compute alike. Slots run in the same engine as the agent.
 */
export function arithmeticOf(math: Pick<Math, (typeof FREE)[number] | "pow" | "hypot" | "atan2">): string {
  const values: number[] = [];
  for (let sample = 1; sample <= SAMPLES; sample++) {
    // Multiplying and dividing is exact by the language's rules, so that every engine takes the same arguments.
    const x = (sample * 0.7310585786300049) % 37;
    for (const name of FREE) values.push(math[name](x / 37), math[name](x));
    values.push(math.pow(x, 1 / 3), math.hypot(x, 1, sample), math.atan2(x, sample));
  }
  return digestOf(
    new Uint8Array(new Float64Array(values.map((value) => (value === value ? value : 0))).buffer),
  ).slice(0, 16);
}

/** Every engine has its own words for the same mistake. */
export function engineOf(message: string): Engine {
  if (message.startsWith("Cannot read properties of null")) return "v8";
  if (message.includes("is not an object (evaluating")) return "javascriptcore";
  if (/has no propert|can't access property/.test(message)) return "spidermonkey";
  return "other";
}

function messageOfNull(): string {
  const nothing: { property?: string } | null = JSON.parse("null");
  try {
    return String((nothing as { property?: string }).property);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
