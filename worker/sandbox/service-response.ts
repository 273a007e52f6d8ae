/** Makes an answer of what a service's `handle` returns: a Response, text, bytes, or any JSON value. */
import { canonicalJson } from "../../protocol/canonical";
import { LIMITS } from "../../protocol/limits";
import type { HandleAnswer } from "./service-answers";

type Answered = Extract<HandleAnswer, { type: "response" }>;

/** @throws {TypeError} If it has no JSON form. @throws {RangeError} If it is too long, or the status cannot be sent. */
export async function responseOf(returned: unknown): Promise<Answered> {
  if (returned === undefined) return answer(204, {}, new Uint8Array(0));
  if (returned instanceof Response) {
    const body = new Uint8Array(await returned.arrayBuffer());
    return answer(returned.status, Object.fromEntries(returned.headers), body);
  }
  if (typeof returned === "string") return answer(200, typed("text/plain; charset=utf-8"), encoded(returned));
  if (returned instanceof ArrayBuffer) return answer(200, typed(BYTES), new Uint8Array(returned));
  if (ArrayBuffer.isView(returned)) {
    const { buffer, byteOffset, byteLength } = returned;
    return answer(200, typed(BYTES), Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength)));
  }
  return answer(200, typed("application/json"), encoded(canonicalJson(returned)));
}

export function answer(
  status: number,
  headers: Record<string, string>,
  body: Uint8Array<ArrayBuffer>,
): Answered {
  if (!isSendable(status)) {
    throw new RangeError(`A service may answer with a status of 200 to 299 or 400 to 599; got ${status}`);
  }
  if (body.byteLength > LIMITS.serviceBodyBytes) {
    const rule = `An answer may have ${LIMITS.serviceBodyBytes} bytes (serviceBodyBytes)`;
    throw new RangeError(`${rule}; got ${body.byteLength}`);
  }
  return { type: "response", status, headers, body };
}

const isSendable = (status: number) =>
  Number.isInteger(status) && ((status >= 200 && status < 300) || (status >= 400 && status < 600));

const BYTES = "application/octet-stream";
const typed = (type: string) => ({ "content-type": type });
const encoded = (text: string) => new TextEncoder().encode(text);
