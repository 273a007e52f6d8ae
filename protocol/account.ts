/** Accounts: what links the browsers and machines of one person. There is nothing personal in one, and no password: who has the key is its owner. */
import * as z from "zod";
import { AccountId, VolunteerId } from "./ids";

/** The account's id, a dot, and 24 random bytes: `a_0123456789abcdef.` and 32 of A-Z, a-z, 0-9, - and _. */
export const AccountKey = z
  .string()
  .regex(
    /^a_[0-9a-f]{16}\.[A-Za-z0-9_-]{32}$/,
    "must be an account's key, a_ and 16 hexadecimal digits, a dot, and 32 of A-Z, a-z, 0-9, - and _",
  )
  .brand<"AccountKey">();
export type AccountKey = z.infer<typeof AccountKey>;

export const NewAccount = z.object({
  id: AccountId,
  key: AccountKey.meta({ description: "Told this once: the coordinator keeps its digest only." }),
});
export type NewAccount = z.infer<typeof NewAccount>;

export const AccountVolunteer = z.object({
  id: VolunteerId,
  /** `gone`: not connected. */
  state: z.enum(["connected", "away", "gone"]),
  lastSeenAt: z.number().meta({ description: "Epoch milliseconds; of one that is connected, now" }),
  acceptedTasks: z.int(),
  computeMs: z.number(),
});
export type AccountVolunteer = z.infer<typeof AccountVolunteer>;

export const AccountView = z.object({
  id: AccountId,
  createdAt: z.number(),
  acceptedTasks: z.int().meta({ description: "Of all its volunteers together" }),
  computeMs: z.number(),
  volunteers: z
    .array(AccountVolunteer)
    .meta({ description: "Those that belong to it now, the latest seen first" }),
});
export type AccountView = z.infer<typeof AccountView>;

/** What the browser or machine that asks belongs to. */
export const Membership = z.object({ volunteerId: VolunteerId, account: AccountId.nullable() });
export type Membership = z.infer<typeof Membership>;
