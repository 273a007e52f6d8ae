/** A request to a service and its answer, as they travel between coordinator, tab and sandbox: bodies as Base64. */
import * as z from "zod";
import { LIMITS } from "./limits";

export const SERVICE_METHODS = ["GET", "HEAD", "POST"] as const;

/** Headers of a request that a service is told: none that says who asks. */
export const REQUEST_HEADERS: readonly string[] = ["accept", "accept-language", "content-type"];

/** Headers that a service's answer may have. None of them can set a cookie, send elsewhere, or loosen what a page may do. */
export const RESPONSE_HEADERS: readonly string[] = [
  ...["cache-control", "content-disposition", "content-language", "content-type"],
  ...["etag", "last-modified", "retry-after"],
];

const HEADER_CHARS = 1_000;
const headers = (names: readonly string[]) =>
  z.partialRecord(
    z.enum(names),
    z
      .string()
      .max(HEADER_CHARS)
      .regex(/^[\t\x20-\x7e]*$/),
  );

const body = z.base64().max(4 * Math.ceil(LIMITS.serviceBodyBytes / 3));

export const ServiceRequest = z.object({
  method: z.enum(SERVICE_METHODS),
  /** Below the service's name, with a slash at the beginning. */
  path: z.string().max(LIMITS.serviceAddressChars),
  /** With its question mark; empty when there is none. */
  query: z.string().max(LIMITS.serviceAddressChars),
  headers: headers(REQUEST_HEADERS),
  body,
});
export type ServiceRequest = z.infer<typeof ServiceRequest>;

const STATUS_RULE = "must be from 200 to 299, or from 400 to 599";

export const ServiceResponse = z.object({
  /** Not one that sends the asker elsewhere. */
  status: z
    .int()
    .min(200)
    .max(599)
    .refine((status) => status < 300 || status >= 400, { error: STATUS_RULE }),
  headers: headers(RESPONSE_HEADERS),
  body,
});
export type ServiceResponse = z.infer<typeof ServiceResponse>;
