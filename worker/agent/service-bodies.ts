/** Turns requests and answers of services from what travels into what the sandbox has, and back: bytes for Base64. */
import type { ServiceAnswer } from "../../protocol/messages/respond";
import { RESPONSE_HEADERS, ServiceResponse, type ServiceRequest } from "../../protocol/service-call";
import { describeIssues } from "../../protocol/problems";
import { HandleAnswer } from "../sandbox/service-answers";
import type { SlotRequest } from "../sandbox/slot-api";

export function requestFrom({ body, headers, ...request }: ServiceRequest): SlotRequest {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...request, headers: Object.fromEntries(given), body: bytesOf(body) };
}

/** What comes from the sandbox may be anything at all. Headers that may not be sent are left out. */
export function answerFrom(said: unknown): ServiceAnswer {
  const parsed = HandleAnswer.safeParse(said);
  if (!parsed.success) return unfit(describeIssues(parsed.error, null));
  if (parsed.data.type === "error") return parsed.data;
  const { status, headers, body } = parsed.data;
  const sent = Object.entries(headers).filter(([name]) => RESPONSE_HEADERS.includes(name));
  const response = ServiceResponse.safeParse({
    status,
    headers: Object.fromEntries(sent),
    body: base64Of(body),
  });
  return response.success
    ? { type: "response", response: response.data }
    : unfit(describeIssues(response.error, null));
}

function unfit(why: string): ServiceAnswer {
  return {
    type: "error",
    message: `What the service answered cannot be sent: ${why}`.slice(0, 2_000),
    stack: "",
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** In pieces: a call may have so many arguments only. */
function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}
