/**
 * Who a volunteer is: a random token in a cookie that its scripts cannot read.
 *
 * The public id is derived from the token and does not reveal it, so ids may be
 * shown to everyone and nobody can pose as someone else.
 */
import { createHash, randomBytes } from "node:crypto";
import type { VolunteerId } from "../protocol/ids";

export const VOLUNTEER_COOKIE = "tabgrid_volunteer";

const TOKEN_BYTES = 32;
/** That many bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const TWO_YEARS_S = 2 * 365 * 24 * 60 * 60;

export function newVolunteerToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** "v_" and the first 16 hexadecimal digits of the token's SHA-256. */
export function volunteerIdOf(token: string): VolunteerId {
  return `v_${createHash("sha256").update(token).digest("hex").slice(0, 16)}` as VolunteerId;
}

/** @param cookieHeader The `Cookie` header of a request or a socket's handshake. */
export function volunteerIdFromCookies(cookieHeader: string | null | undefined): VolunteerId | null {
  for (const pair of cookieHeader?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === VOLUNTEER_COOKIE && value !== undefined && TOKEN.test(value)) return volunteerIdOf(value);
  }
  return null;
}

/** The `Set-Cookie` header that gives a browser its token. @param isSecure Whether the page came by https. */
export function volunteerCookie(token: string, isSecure: boolean): string {
  const attributes = `HttpOnly; SameSite=Lax; Path=/; Max-Age=${TWO_YEARS_S}`;
  return `${VOLUNTEER_COOKIE}=${token}; ${attributes}${isSecure ? "; Secure" : ""}`;
}
