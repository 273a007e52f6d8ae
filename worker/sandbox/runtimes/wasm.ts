/**
 * Runs WebAssembly modules with a small interface: text in, JSON out.
 *
 *   exports   memory, alloc(bytes) → pointer, map(pointer, bytes)
 *             combine, reduce (key pointer, key bytes, values pointer, values bytes), reset(): optional
 *   imports   tabgrid.emit(key pointer, key bytes, value pointer, value bytes), log(pointer, bytes),
 *             progress(fraction), random() → fraction
 *
 * A line is handed over as it is, anything else as JSON; keys and values are JSON, both ways. Every task has an
 * instance of its own, so that no task sees what another left in memory.
 */
import { canonicalJson } from "../../../protocol/canonical";
import type { Context } from "../context";
import { groupsIn } from "../merged-groups";
import { isFunction, type Program } from "../program";
import { recordText } from "../record-text";

interface Instance {
  readonly call: (name: string, texts: readonly string[]) => void;
}

/** @throws {WebAssembly.CompileError} */
export async function loadWasm(bytes: Uint8Array): Promise<Program> {
  const module = await WebAssembly.compile(bytes as BufferSource);
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  return {
    async map(records, context) {
      const { call } = instantiate(module, context, (key, value) => context.emit(key, value));
      for (let index = 0; index < records.count; index++) {
        call("map", [recordText(records.at(index))]);
        const full = records.room();
        if (full) await full;
      }
    },
    combine: names.has("combine") ? combineIn(module) : null,
    reduce: names.has("reduce")
      ? async (merge, context) => {
          const { call } = instantiate(module, context, (key, value) => context.emit(key, value));
          for await (const groups of groupsIn(merge))
            for (const { key, values } of groups) call("reduce", [canonicalJson(key), canonicalJson(values)]);
        }
      : null,
  };
}

/** A combiner emits like a reducer, and must emit once, under its own key. */
function combineIn(module: WebAssembly.Module) {
  let combined: unknown[] = [];
  let ownKey = "";
  let last: { context: Context; instance: Instance } | null = null;
  const take = (key: unknown, value: unknown) => {
    if (canonicalJson(key) !== ownKey)
      throw new Error(`combine may only emit the key it was given: ${ownKey}`);
    combined.push(value);
  };
  return (key: unknown, values: unknown[], context: Context): unknown => {
    if (last?.context !== context) last = { context, instance: instantiate(module, context, take) };
    combined = [];
    ownKey = canonicalJson(key);
    last.instance.call("combine", [ownKey, canonicalJson(values)]);
    if (combined.length !== 1)
      throw new Error(`combine must emit one value for a key; got ${combined.length}`);
    return combined[0];
  };
}

type Emit = (key: unknown, value: unknown) => void;

function instantiate(module: WebAssembly.Module, context: Context, emit: Emit): Instance {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  const textAt = (pointer: number, bytes: number) =>
    decoder.decode(new Uint8Array(memory.buffer, pointer >>> 0, bytes >>> 0));

  const { exports } = new WebAssembly.Instance(module, {
    tabgrid: {
      emit: (keyAt: number, keyBytes: number, valueAt: number, valueBytes: number) =>
        emit(parsed("key", textAt(keyAt, keyBytes)), parsed("value", textAt(valueAt, valueBytes))),
      log: (pointer: number, bytes: number) => context.log(textAt(pointer, bytes)),
      progress: (fraction: number) => context.progress(fraction),
      random: () => context.random(),
    },
  });
  const { reset } = exports;
  const memory = memoryOf(exports);
  const allocate = functionOf(exports, "alloc");
  return { call };

  function alloc(bytes: number): number {
    const pointer = Number(allocate(bytes)) >>> 0;
    if (pointer + bytes > memory.buffer.byteLength) {
      throw new RangeError(
        `alloc(${bytes}) gave ${pointer}, beyond the memory's ${memory.buffer.byteLength} bytes`,
      );
    }
    return pointer;
  }

  function call(name: string, texts: readonly string[]): void {
    const target = functionOf(exports, name);
    const places = texts.flatMap((text) => {
      const bytes = encoder.encode(text);
      const pointer = alloc(bytes.length);
      new Uint8Array(memory.buffer).set(bytes, pointer);
      return [pointer, bytes.length];
    });
    target(...places);
    if (isFunction(reset)) reset();
  }
}

function memoryOf({ memory }: WebAssembly.Exports): WebAssembly.Memory {
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new TypeError("The module must export a memory named memory");
}

function functionOf(exports: WebAssembly.Exports, name: string) {
  const found: unknown = exports[name];
  if (isFunction(found)) return found;
  throw new TypeError(`The module must export a function named ${name}`);
}

function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const shown = JSON.stringify(text.slice(0, 100));
    throw new SyntaxError(`emit was given a ${what} that is not JSON: ${shown}`, { cause: error });
  }
}
