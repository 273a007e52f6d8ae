import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { GridError, toProblem, type ProblemCode } from "../../protocol/problems";
import { openBlockServer } from "./blocks-http";
import { openFakeClock } from "./fake-clock";
import { Unreadable } from "./unreadable";

const digest = digestOfText("block");

/** @param answers One for each request; the last one again and again. */
function open(...answers: (() => Response)[]) {
  const clock = openFakeClock();
  const asked: string[] = [];
  const given: Response[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    const answer = answers[Math.min(asked.length, answers.length) - 1]?.() ?? Response.error();
    given.push(answer);
    return answer;
  };
  const server = openBlockServer({ fetch, clock, random: () => 0 });
  /** What came of it, in any case. */
  async function get(): Promise<unknown> {
    const getting = server.get(digest).then(
      (bytes) => new TextDecoder().decode(bytes),
      (error: unknown) => error,
    );
    await clock.advance(60_000);
    return getting;
  }
  return { get, asked, given };
}

function problem(code: ProblemCode) {
  const body = toProblem(new GridError(code, "so it is"));
  const headers = { "content-type": "application/problem+json" };
  return () => Response.json(body, { status: body.status, headers });
}
const missing = problem("block-not-found");
const unplugged = () => {
  throw new TypeError("Failed to fetch");
};

test("[BH1] a block that the coordinator says it does not have cannot be had: that is final", async () => {
  const { get, asked } = open(missing);
  expect(await get()).toBeInstanceOf(Unreadable);
  expect(asked).toHaveLength(1);
});

test("[BH2] what keeps it from being fetched is not the block's fault: a network, a coordinator or proxy that says something else", async () => {
  const others: (() => Response)[] = [
    unplugged,
    () => new Response("no route", { status: 404 }),
    () => new Response(null, { status: 403 }),
    () => new Response("starting", { status: 502 }),
    problem("overloaded"),
  ];
  for (const answer of others) {
    const error = await open(answer).get();
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Unreadable);
  }
  expect(
    await open(
      unplugged,
      () => new Response("starting", { status: 503 }),
      () => new Response("block"),
    ).get(),
  ).toBe("block");
});

test("[BH3] leaves no body of an answer unread, which the browser would keep in memory", async () => {
  for (const answer of [missing, () => new Response("no route", { status: 404 })]) {
    const { get, given } = open(answer);
    await get();
    expect(given.map(({ bodyUsed }) => bodyUsed)).toEqual([true]);
  }
});
