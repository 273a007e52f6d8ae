/** Makes a volunteer one of the devices of an account. */
import { Problem } from "../../protocol/problems";
import { RefusedError } from "../../sdk/errors";
import type { CookieFetch } from "./cookie-fetch";

/** @param cookies Of the volunteer, which becomes one by this if it is none yet. @throws {RefusedError} If the key is wrong. */
export async function joinAccount({ fetch }: CookieFetch, key: string): Promise<void> {
  await accepted(await fetch("/api/v1/volunteers/session", { method: "POST" }));
  const headers = { authorization: `Bearer ${key}` };
  await accepted(await fetch("/api/v1/volunteers/me/account", { method: "PUT", headers }));
}

async function accepted(response: Response): Promise<void> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new RefusedError(Problem.parse(body));
}
