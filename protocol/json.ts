/** Any JSON value, as one schema with a name: the API's description refers to it. */
import * as z from "zod";

export const Json = z.json();
export type Json = z.infer<typeof Json>;
// In place: `meta` would name a copy, and the schema refers to itself.
z.globalRegistry.add(Json, { id: "Json", description: "Any JSON value." });
