/** Small WebAssembly modules, written instruction by instruction, for programs that go wrong in some way. */

type Code = readonly number[];

interface Signature {
  /** Of values: I32 or I64. */
  readonly takes: Code;
  readonly gives: Code;
}

export interface WasmParts {
  readonly pages: number;
  readonly imports?: readonly (Signature & { readonly module: string; readonly name: string })[];
  /** Each is exported under its name; they come after the imports in the order of `call`. */
  readonly functions: readonly (Signature & { readonly name: string; readonly code: Code })[];
}

export const I32 = 0x7f;
export const I64 = 0x7e;

export const UNREACHABLE: Code = [0x00];
export const DROP: Code = [0x1a];
export const MEMORY_GROW: Code = [0x40, 0];
export const EQUAL: Code = [0x46];
export const LOAD: Code = [0x28, 2, 0];
export const LOAD_BYTE: Code = [0x2d, 0, 0];
export const STORE: Code = [0x36, 2, 0];
export const STORE_BYTE: Code = [0x3a, 0, 0];
export const ADD: Code = [0x6a];
export const AND: Code = [0x71];
export const SHIFT_RIGHT: Code = [0x76];
export const MEMORY_FILL: Code = [0xfc, 0x0b, 0];

export const number = (value: number): Code => [0x41, ...signed(value)];
export const long = (value: number): Code => [0x42, ...signed(value)];
export const call = (index: number): Code => [0x10, ...unsigned(index)];
/** For ever, unless something in it traps. */
export const endless = (...code: readonly Code[]): Code => [0x03, 0x40, ...code.flat(), 0x0c, 0, 0x0b];
export const when = (...code: readonly Code[]): Code => [0x04, 0x40, ...code.flat(), 0x0b];

/** A module that exports its memory and its functions. */
export function wasmModule({ pages, imports = [], functions }: WasmParts): Uint8Array {
  const signatures = [...imports, ...functions].map(({ takes, gives }) => [
    ...[0x60, ...vector(takes.map((type) => [type]))],
    ...vector(gives.map((type) => [type])),
  ]);
  const imported = imports.map(({ module, name }, place) => [...text(module), ...text(name), 0, place]);
  const exported = functions.map(({ name }, place) => [...text(name), 0, imports.length + place]);
  const bodies = functions.map(({ code }) => sized([0, ...code, 0x0b]));
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, signatures),
    ...section(2, imported),
    ...section(
      3,
      functions.map((_, place) => [imports.length + place]),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [[...text("memory"), 2, 0], ...exported]),
    ...section(10, bodies),
  ]);
}

const section = (id: number, items: readonly Code[]) => [id, ...sized(vector(items))];
const vector = (items: readonly Code[]) => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code) => [...unsigned(bytes.length), ...bytes];
const text = (value: string) => sized([...Buffer.from(value)]);

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >> 7];
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
