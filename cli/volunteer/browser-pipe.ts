/** Speaks to a Chromium by the pipes of its remote debugging: its third reads commands and its fourth writes answers, each JSON that ends in a 0. */
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import * as z from "zod";

export interface BrowserPipe {
  /** One command of the DevTools protocol. @throws {Error} If the browser refuses it. */
  call(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const Answer = z.object({
  id: z.int().optional(),
  result: z.unknown(),
  error: z.object({ message: z.string() }).optional(),
});

/** @param browser Started with `--remote-debugging-pipe`, and pipes as its streams 3 and 4. */
export function openBrowserPipe(browser: ChildProcess): BrowserPipe {
  const [, , , commands, answers] = browser.stdio as [unknown, unknown, unknown, Writable, Readable];
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  let rest = "";

  answers.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() ?? "";
    for (const message of messages) take(Answer.parse(JSON.parse(message)));
  });
  // The browser has ended, and whoever waits for that hears of it.
  commands.on("error", () => {});

  function take({ id, result, error }: z.infer<typeof Answer>): void {
    const call = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || !call) return;
    waiting.delete(id);
    if (error) call.reject(new Error(`Chromium: ${error.message}`));
    else call.resolve(result);
  }

  return {
    call(method, params) {
      const id = ++calls;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        commands.write(`${JSON.stringify({ id, method, params })}\0`);
      });
    },
  };
}
