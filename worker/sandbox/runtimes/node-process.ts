/**
 * As much of Node.js as scripts need that read lines and write lines: process, fs on standard input and output,
 * readline, events, buffer, os.EOL, console and timers.
 *
 * Each run has its own: a script that ends leaves nothing to the next.
 */
import { Buffer } from "buffer/";
import EventEmitter from "eventemitter3";
import { openBudget } from "./output-budget";

export interface NodeProcess {
  /** What the script's `require` and its `import` find, by name. */
  readonly modules: Readonly<Record<string, unknown>>;
  /** What the script finds as global variables. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** Hands the input over. Settles once the script has nothing left to wait for. */
  finish(started: Promise<unknown>): Promise<void>;
  output(): string;
}

/** Thrown by `process.exit`, so that the script does not go on. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";
  readonly code: number;

  constructor(code: number) {
    super(`The script ended with exit code ${code}`);
    this.code = code;
  }
}

export interface ProcessParts {
  readonly input: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly scriptName: string;
  /** A line on standard error. */
  readonly log: (line: string) => void;
}

const CHUNK_CHARS = 64 * 1024;

export function openProcess({ input, environment, scriptName, log }: ProcessParts): NodeProcess {
  const written: string[] = [];
  const budget = openBudget();
  let errorText = "";
  let exit: ProcessExit | null = null;
  const timers = openTimers();
  const stdin = openStdin(input);
  const events = new EventEmitter();

  const process = Object.assign(events, {
    stdin,
    stdout: writable(writeOutput),
    stderr: writable(writeError),
    argv: ["node", scriptName],
    env: { ...environment },
    platform: "browser",
    version: "v20.0.0",
    versions: { node: "20.0.0" },
    pid: 1,
    exitCode: undefined as number | undefined,
    cwd: () => "/",
    hrtime: Object.assign(() => [0, 0], { bigint: () => 0n }),
    memoryUsage: () => ({ heapUsed: 0, rss: 0 }),
    nextTick: (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
      queueMicrotask(() => callback(...values)),
    exit(code?: number) {
      exit ??= new ProcessExit(Number(code ?? process.exitCode ?? 0));
      throw exit;
    },
  });
  const print = (values: unknown[]) => writeOutput(`${values.map(shown).join(" ")}\n`);
  const warn = (values: unknown[]) => writeError(`${values.map(shown).join(" ")}\n`);

  return {
    modules: {
      process,
      fs: fileSystem(input, writeOutput, writeError),
      readline: { createInterface: (options?: unknown) => openLines(options, stdin), promises: {} },
      os: { EOL: "\n" },
      events: EventEmitter,
      buffer: { Buffer },
    },
    globals: {
      process,
      Buffer,
      global: globalThis,
      console: {
        log: (...values: unknown[]) => print(values),
        info: (...values: unknown[]) => print(values),
        debug: (...values: unknown[]) => print(values),
        error: (...values: unknown[]) => warn(values),
        warn: (...values: unknown[]) => warn(values),
        trace: (...values: unknown[]) => warn(values),
      },
      ...timers.globals,
    },
    async finish(started) {
      let isStarted = false;
      const settled = started.finally(() => (isStarted = true));
      settled.catch(() => {});
      try {
        // A script that waits for its input at its top level goes on while the input comes.
        await Promise.race([settled, stdin.wanted]);
        while (!exit && !stdin.isWanted() && timers.waiting() > 0)
          await Promise.race([timers.next(), stdin.wanted]);
        if (!exit && stdin.isWanted()) await stdin.deliver();
        await settled;
        while (!exit && timers.waiting() > 0) await timers.next();
        if (!exit) events.emit("beforeExit", 0);
        await nextTurn();
        events.emit("exit", 0);
      } catch (error) {
        if (!(error instanceof ProcessExit)) throw error;
      }
      if (!isStarted) throw new Error("The script did not end");
      if (errorText !== "") log(errorText);
      const code = exit?.code ?? process.exitCode ?? 0;
      if (code !== 0) throw new ProcessExit(code);
    },
    output: () => written.join(""),
  };

  function writeOutput(text: string): void {
    budget.take(text.length);
    written.push(text);
  }

  function writeError(text: string): void {
    const lines = (errorText + text).split("\n");
    errorText = lines.pop() ?? "";
    for (const line of lines) log(line);
  }
}

interface Stdin extends EventEmitter {
  /** Settles when the script listens. */
  readonly wanted: Promise<void>;
  isWanted(): boolean;
  deliver(): Promise<void>;
}

/** Reads once, whoever listens: by events, as an iteration, or through readline. */
function openStdin(input: string): Stdin {
  let isText = false;
  let isPaused = false;
  let resumed = () => {};
  const unread: unknown[] = [];
  const events = new EventEmitter();
  const chunkOf = (text: string) => (isText ? text : Buffer.from(text));
  let isWanted = false;
  let setWanted = () => {};
  const wanted = new Promise<void>((resolve) => (setWanted = resolve));
  const want = () => {
    isWanted = true;
    setWanted();
  };
  /** Input begins to flow with the first who listens to it. */
  const listening =
    (listen: typeof events.on) =>
    (event: string | symbol, listener: (...values: unknown[]) => void): Stdin => {
      listen.call(events, event, listener);
      if (event === "data" || event === "readable") want();
      return stdin;
    };

  const stdin: Stdin = Object.assign(events, {
    wanted,
    isWanted: () => isWanted,
    on: listening(EventEmitter.prototype.on),
    addListener: listening(EventEmitter.prototype.on),
    once: listening(EventEmitter.prototype.once),
    fd: 0,
    isTTY: false,
    readable: true,
    setEncoding: () => ((isText = true), stdin),
    resume: () => ((isPaused = false), want(), resumed(), stdin),
    pause: () => ((isPaused = true), stdin),
    unref: () => stdin,
    ref: () => stdin,
    read: () => unread.shift() ?? null,
    pipe(target: { write(chunk: unknown): unknown; end?: () => unknown }) {
      stdin.on("data", (chunk) => target.write(chunk));
      stdin.on("end", () => target.end?.());
      return target;
    },
    async *[Symbol.asyncIterator]() {
      for (const text of chunksOf(input)) yield chunkOf(text);
    },
    async deliver() {
      await nextTurn();
      for (const text of chunksOf(input)) {
        while (isPaused) await new Promise<void>((resolve) => (resumed = resolve));
        if (stdin.listenerCount("readable") > 0) {
          unread.push(chunkOf(text));
          stdin.emit("readable");
        }
        stdin.emit("data", chunkOf(text));
        await nextTurn();
      }
      // What tells a reader of `readable` that there is no more is a read that gives null.
      stdin.emit("readable");
      stdin.emit("end");
      stdin.emit("close");
      await nextTurn();
    },
  });
  return stdin;
}

/** Pieces that break no pair of surrogates. */
function* chunksOf(input: string): Generator<string> {
  for (let start = 0; start < input.length;) {
    let end = Math.min(input.length, start + CHUNK_CHARS);
    if (end < input.length && /[\uD800-\uDBFF]/.test(input[end - 1] ?? "")) end += 1;
    yield input.slice(start, end);
    start = end;
  }
}

/** readline.Interface over standard input, or over anything else that has `data` and `end`. */
function openLines(options: unknown, stdin: Stdin): EventEmitter {
  const input = isObject(options) && options.input instanceof EventEmitter ? options.input : stdin;
  const events = new EventEmitter();
  const lines: string[] = [];
  let rest = "";
  let isEnded = false;
  let isClosed = false;
  let wake = () => {};

  const reader = Object.assign(events, {
    close() {
      if (isClosed) return;
      isClosed = true;
      events.emit("close");
    },
    pause: () => reader,
    resume: () => reader,
    setPrompt() {},
    prompt() {},
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const line = lines.shift();
        if (line !== undefined) yield line;
        else if (isEnded || isClosed) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  });
  input.on("data", (chunk: unknown) => take((rest + String(chunk)).split("\n")));
  input.on("end", () => {
    if (rest !== "") give(rest);
    isEnded = true;
    wake();
    reader.close();
  });
  return reader;

  function take(parts: string[]): void {
    rest = parts.pop() ?? "";
    for (const part of parts) give(part);
    wake();
  }

  function give(text: string): void {
    if (isClosed) return;
    const line = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (events.listenerCount("line") > 0) events.emit("line", line);
    else lines.push(line);
  }
}

/** Standard input and output by their numbers and their paths; there are no other files. */
function fileSystem(input: string, writeOutput: (text: string) => void, writeError: (text: string) => void) {
  const readFileSync = (path: unknown, options?: unknown) => {
    if (path !== 0 && path !== "/dev/stdin")
      throw new Error(`There are no files here but /dev/stdin; asked for ${String(path)}`);
    const encoding = isObject(options) ? options.encoding : options;
    return encoding ? input : Buffer.from(input);
  };
  const writeSync = (path: unknown, data: unknown) => {
    const text = String(data);
    if (path === 1 || path === "/dev/stdout") writeOutput(text);
    else if (path === 2 || path === "/dev/stderr") writeError(text);
    else
      throw new Error(`There are no files here but /dev/stdout and /dev/stderr; asked for ${String(path)}`);
    return text.length;
  };
  return { readFileSync, writeSync, writeFileSync: writeSync, appendFileSync: writeSync };
}

function writable(write: (text: string) => void) {
  const stream = Object.assign(new EventEmitter(), {
    isTTY: false,
    write(chunk: unknown, ...more: unknown[]) {
      write(String(chunk));
      const callback = more.find((value) => typeof value === "function");
      if (callback) queueMicrotask(() => Reflect.apply(callback, undefined, []));
      return true;
    },
    end(chunk?: unknown) {
      if (chunk !== undefined) write(String(chunk));
      queueMicrotask(() => void stream.emit("finish"));
    },
  });
  return stream;
}

/** The script's timers, counted, so that its end is known; each kind by its usual name. */
function openTimers() {
  const waiting = new Set<unknown>();
  let changed = () => {};
  const after = (callback: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]) => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      callback(...values);
      changed();
    }, delayMs);
    waiting.add(timer);
    return timer;
  };
  const every = (callback: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]) => {
    const timer = setInterval(() => callback(...values), delayMs);
    waiting.add(timer);
    return timer;
  };
  const clear = (timer: unknown) => {
    clearTimeout(timer as number);
    waiting.delete(timer);
    changed();
  };
  return {
    globals: {
      ...{ setTimeout: after, setInterval: every, clearTimeout: clear, clearInterval: clear },
      setImmediate: (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
        after(callback, 0, ...values),
      clearImmediate: clear,
    },
    waiting: () => waiting.size,
    next: () => new Promise<void>((resolve) => (changed = resolve)),
  };
}

const { setTimeout, setInterval, clearTimeout } = globalThis;

const turns = new MessageChannel();

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    turns.port1.onmessage = () => resolve();
    turns.port2.postMessage(null);
  });
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ?? String(value);
  return isObject(value) ? JSON.stringify(value) : String(value);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
