/** When two answers of a service are the same. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../protocol/canonical";
import type { ServiceAnswer } from "../../protocol/messages/respond";
import type { ServiceResponse } from "../../protocol/service-call";

/** Equal for equal answers: of JSON, the value counts, and not how it is written. Headers but the type do not count. */
export function voteOf(answer: Exclude<ServiceAnswer, { type: "returned" }>): string {
  if (answer.type === "error") return `error ${answer.message}`;
  const { status, headers } = answer.response;
  return `${status} ${headers["content-type"] ?? ""} ${digestOf(answer.response)}`;
}

function digestOf({ headers, body }: ServiceResponse): string {
  const bytes = Buffer.from(body, "base64");
  const isJson = /^application\/(.+\+)?json\b/.test(headers["content-type"] ?? "");
  return createHash("sha256")
    .update((isJson ? canonical(bytes) : null) ?? bytes)
    .digest("hex");
}

/** Null for what is called JSON and is not. */
function canonical(bytes: Buffer): string | null {
  try {
    return canonicalJson(JSON.parse(bytes.toString()));
  } catch {
    return null;
  }
}
