/** A coordinator's answers, one after the other, for a client that is given this as its `fetch`. */

export interface FakeFetch {
  readonly fetch: typeof fetch;
  /** What was asked, as `GET /api/v1/jobs?limit=1`. */
  readonly asked: string[];
  readonly requests: RequestInit[];
}

/** @param answers One for each request, in order; the last one again and again. What is thrown is a broken network. */
export function fakeFetch(...answers: ((path: string) => Response)[]): FakeFetch {
  const asked: string[] = [];
  const requests: RequestInit[] = [];
  return {
    asked,
    requests,
    fetch: async (address, init = {}) => {
      const url = new URL(address instanceof Request ? address.url : address);
      const path = `${url.pathname}${url.search}`;
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(`${init.method ?? "GET"} ${path}`);
      requests.push(init);
      init.signal?.throwIfAborted();
      if (!answer) throw new Error("No answer was given");
      return answer(path);
    },
  };
}

export const json = (value: unknown) => () => Response.json(value);

export function problem(status: number, code: string, extras: object = {}, headers: HeadersInit = {}) {
  return () =>
    Response.json({ type: `/problems/${code}`, title: code, status, ...extras }, { status, headers });
}

export const unplugged = () => {
  throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
};

/** A body of these chunks that ends, or breaks off. */
export function streamed(chunks: readonly string[], end: "ends" | "breaks") {
  return () => {
    const encoder = new TextEncoder();
    let next = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks[next++];
        if (chunk !== undefined) controller.enqueue(encoder.encode(chunk));
        else if (end === "ends") controller.close();
        else controller.error(new TypeError("terminated"));
      },
    });
    return new Response(body);
  };
}
