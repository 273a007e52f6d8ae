/** WebAssembly modules and WASI commands, each wrong in one way. */
import {
  ADD,
  AND,
  call,
  DROP,
  endless,
  EQUAL,
  I32,
  I64,
  LOAD,
  LOAD_BYTE,
  long,
  MEMORY_FILL,
  MEMORY_GROW,
  number,
  SHIFT_RIGHT,
  STORE,
  STORE_BYTE,
  UNREACHABLE,
  wasmModule,
  when,
} from "./wasm-module";

const PAGE_BYTES = 65_536;
/** What is written at a time by those that write without end. */
const PIECE_BYTES = 8 * 1024 * 1024;
const PIECE_PAGES = PIECE_BYTES / PAGE_BYTES + 1;
const NEWLINE = 10;

const ENDLESS_LOOP = endless();
/** Asks for 4 GB more, and traps when it does not get them. */
const FOUR_GIGABYTES = [...number(65_536), ...MEMORY_GROW, ...number(-1), ...EQUAL, ...when(UNREACHABLE)];

/** Adds one to the number at an address, and traps at the thousandth time. */
const trapAtThousandth = (at: number) => [
  ...[...number(at), ...number(at), ...LOAD, ...number(1), ...ADD, ...STORE],
  ...[...number(at), ...LOAD, ...number(1000), ...EQUAL, ...when(UNREACHABLE)],
];

function mapping(code: readonly number[], pages = 1): Uint8Array {
  const pair = { takes: [I32, I32], gives: [] };
  return wasmModule({
    pages,
    imports: [{ module: "tabgrid", name: "emit", takes: [I32, I32, I32, I32], gives: [] }],
    functions: [
      { name: "alloc", takes: [I32], gives: [I32], code: number(64) },
      { name: "map", ...pair, code },
      { name: "reduce", takes: [I32, I32, I32, I32], gives: [], code: [] },
    ],
  });
}

/** Emits a text of PIECE_BYTES under the key 1, again and again. */
const EMIT_FOR_EVER = [
  ...[...number(128), ...number("1".charCodeAt(0)), ...STORE_BYTE],
  ...[...number(256), ...number("x".charCodeAt(0)), ...number(PIECE_BYTES), ...MEMORY_FILL],
  ...[...number(256), ...number('"'.charCodeAt(0)), ...STORE_BYTE],
  ...[...number(256 + PIECE_BYTES - 1), ...number('"'.charCodeAt(0)), ...STORE_BYTE],
  ...endless(number(128), number(1), number(256), number(PIECE_BYTES), call(0)),
];

/** For the runtime `wasm`. */
export const WRONG_WASM = {
  thousandth: mapping(trapAtThousandth(0)),
  loop: mapping(ENDLESS_LOOP),
  memory: mapping(FOUR_GIGABYTES),
  output: mapping(EMIT_FOR_EVER, PIECE_PAGES),
};

const [FD_READ, FD_WRITE, CLOCK] = [0, 1, 2];

function command(code: readonly number[], pages = 1): Uint8Array {
  const module = "wasi_snapshot_preview1";
  const transfer = { module, takes: [I32, I32, I32, I32], gives: [I32] };
  return wasmModule({
    pages,
    imports: [
      { ...transfer, name: "fd_read" },
      { ...transfer, name: "fd_write" },
      { module, name: "clock_time_get", takes: [I32, I64, I32], gives: [I32] },
    ],
    functions: [{ name: "_start", takes: [], gives: [], code }],
  });
}

/** Reads or writes the bytes that the vector at address 0 names. */
const transferred = (file: number, by: number) => [
  ...[...number(file), ...number(0), ...number(1), ...number(8), ...call(by), ...DROP],
];

/** The vector at address 0. */
const vectorOf = (at: number, bytes: number) => [
  ...[...number(0), ...number(at), ...STORE, ...number(4), ...number(bytes), ...STORE],
];

const READ_TO_THOUSANDTH = [
  ...vectorOf(16, 1),
  ...endless(
    transferred(0, FD_READ),
    [...number(16), ...LOAD_BYTE, ...number(NEWLINE), ...EQUAL],
    when(trapAtThousandth(20)),
  ),
];

/** One line: a key, a tab, and the lower half of a clock as letters. */
const TELL_THE_TIME = [
  ...[...number(1), ...long(1), ...number(32), ...call(CLOCK), ...DROP],
  ...[...number(64), ...number("k".charCodeAt(0)), ...STORE_BYTE],
  ...[...number(65), ...number("\t".charCodeAt(0)), ...STORE_BYTE],
  ...[0, 4, 8, 12, 16, 20, 24, 28].flatMap((bits, place) => [
    ...[...number(66 + place), ...number(32), ...LOAD, ...number(bits), ...SHIFT_RIGHT],
    ...[...number(15), ...AND, ...number("a".charCodeAt(0)), ...ADD, ...STORE_BYTE],
  ]),
  ...[...number(74), ...number(NEWLINE), ...STORE_BYTE],
  ...vectorOf(64, 11),
  ...transferred(1, FD_WRITE),
];

/** For the runtime `wasi`. */
export const WRONG_WASI = {
  thousandth: command(READ_TO_THOUSANDTH),
  loop: command(ENDLESS_LOOP),
  memory: command(FOUR_GIGABYTES),
  output: command([...vectorOf(64, PIECE_BYTES), ...endless(transferred(1, FD_WRITE))], PIECE_PAGES),
  time: command(TELL_THE_TIME),
};
