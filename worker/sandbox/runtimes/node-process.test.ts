import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../protocol/limits";
import { openProcess, ProcessExit, type NodeProcess } from "./node-process";

type Listener = (...values: unknown[]) => unknown;
interface Stream {
  on(event: string, listener: Listener): void;
  setEncoding(encoding: string): void;
  pause(): void;
  resume(): void;
  read(): unknown;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}
interface Script {
  process: {
    stdin: Stream;
    exit(code?: number): never;
    exitCode?: number;
    env: Record<string, string>;
    on(event: string, listener: Listener): void;
  };
  console: Console;
  setTimeout(callback: () => void, delayMs: number): number;
  setInterval(callback: () => void, delayMs: number): number;
  clearInterval(timer: number): void;
  readline: { createInterface(options: object): Stream };
  fs: {
    readFileSync(path: unknown, encoding?: string): unknown;
    writeSync(path: unknown, text: string): void;
  };
  stdout: { write(text: string): void };
}

const scriptOf = ({ globals, modules }: NodeProcess) => ({ ...globals, ...modules }) as unknown as Script;

/** Runs a function as if it were a script's module. */
async function run(script: (node: Script) => unknown, input = "") {
  const logs: string[] = [];
  const parts = {
    input,
    environment: { A: "1" },
    scriptName: "x.js",
    log: (line: string) => void logs.push(line),
  };
  const node = openProcess(parts);
  const started = Promise.resolve().then(() => script(scriptOf(node)));
  await node.finish(
    started.catch((error: unknown) => {
      if (!(error instanceof ProcessExit)) throw error;
    }),
  );
  return { output: node.output(), logs };
}

describe("the process of a script", () => {
  test("[NP1] hands its input over by events, with an encoding as text and without as a Buffer", async () => {
    const asText = await run(({ process, console }) => {
      process.stdin.setEncoding("utf8");
      process.stdin.on("data", (chunk) => console.log(typeof chunk, chunk));
      process.stdin.on("end", () => console.log("end"));
    }, "é\n");
    expect(asText.output).toBe("string é\n\nend\n");
    const asBuffer = await run(({ process, console }) => {
      process.stdin.on("data", (chunk) => console.log(typeof chunk, String(chunk)));
    }, "é");
    expect(asBuffer.output).toBe("object é\n");
  });

  test("[NP2] reads lines, by events and as an iteration, at the top level too", async () => {
    const byEvents = await run(({ process, readline, console }) => {
      const lines = readline.createInterface({ input: process.stdin });
      lines.on("line", (line) => console.log(`<${String(line)}>`));
      lines.on("close", () => console.log("closed"));
    }, "a\r\nb\n\nlast");
    expect(byEvents.output).toBe("<a>\n<b>\n<>\n<last>\nclosed\n");
    const byIteration = await run(async ({ process, readline, console }) => {
      for await (const line of readline.createInterface({ input: process.stdin }))
        console.log(`<${String(line)}>`);
    }, "a\nb\n");
    expect(byIteration.output).toBe("<a>\n<b>\n");
  });

  test("[NP3] reads long inputs in pieces, without breaking a character, and waits while it is paused", async () => {
    const input = "😀".repeat(100_000);
    const { output } = await run(({ process, stdout: _none, console, setTimeout }) => {
      let text = "";
      let pauses = 0;
      process.stdin.setEncoding("utf8");
      process.stdin.on("data", (chunk) => {
        text += String(chunk);
        pauses += 1;
        process.stdin.pause();
        setTimeout(() => process.stdin.resume(), 0);
      });
      process.stdin.on("end", () => console.log(text === input, pauses > 1));
    }, input);
    expect(output).toBe("true true\n");
  });

  test("[NP4] reads all at once from file 0 and writes to files 1 and 2; there are no others", async () => {
    const { output, logs } = await run(({ fs }) => {
      fs.writeSync(1, String(fs.readFileSync(0, "utf8")).toUpperCase());
      fs.writeSync(2, "a\nb");
    }, "text");
    expect(output).toBe("TEXT");
    expect(logs).toEqual(["a", "b"]);
    await expect(run(({ fs }) => fs.readFileSync("/etc/passwd"))).rejects.toThrow(
      "no files here but /dev/stdin",
    );
  });

  test("[NP5] goes on until no timer is left, and not for those that were cleared", async () => {
    const { output } = await run(({ setTimeout, setInterval, clearInterval, console }) => {
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks === 3) clearInterval(timer);
      }, 1);
      setTimeout(() => setTimeout(() => console.log("late"), 1), 1);
    });
    expect(output).toBe("late\n");
  });

  test("[NP6] fails with the code it ends with, from anywhere in it", async () => {
    await expect(run(({ process }) => process.exit(3))).rejects.toThrow("exit code 3");
    await expect(run(({ process }) => void (process.exitCode = 4))).rejects.toThrow("exit code 4");
    const inside = run(({ process }) => process.stdin.on("data", () => process.exit(5)), "x");
    await expect(inside).rejects.toThrow("exit code 5");
    expect((await run(({ process, console }) => (console.log("kept"), process.exit(0)))).output).toBe(
      "kept\n",
    );
  });

  test("[NP8] may write so much and no more, by whatever way it writes", async () => {
    const half = "x".repeat(LIMITS.heldOutputChars / 2);
    const written = run(({ console, fs }) => {
      fs.writeSync("/dev/stdout", half);
      fs.writeSync(1, half);
      console.log("x");
    });
    await expect(written).rejects.toThrow("One run may write 268435456 characters (heldOutputChars)");
  });

  test("[NP7] has its properties in the environment, and tells its end", async () => {
    const { output } = await run(({ process, console }) => {
      process.on("exit", (code) => console.log("exit", code));
      console.log(process.env.A);
    });
    expect(output).toBe("1\nexit 0\n");
  });
});
