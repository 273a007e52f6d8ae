/** Finds out what this device is: how it behaves counts, not what it calls itself. */
import * as wasm from "wasm-feature-detect";
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
  };
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
