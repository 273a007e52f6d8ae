"use client";

/** What a person does with the account that links their devices. */
import { AccountView, Membership, NewAccount } from "../../protocol/account";
import { VolunteerId } from "../../protocol/ids";
import * as z from "zod";
import { chooseAccount, forgetInvitation } from "./account-choice";
import { postJson, sendJson } from "./api";
import { usePolled, type Polled } from "./use-polled";

const MINE = "/api/v1/volunteers/me/account";
const Session = z.object({ volunteerId: VolunteerId });
const POLL_MS = 5_000;

/** The account of the key, with all its devices; and what this browser belongs to, whatever key it keeps. */
export function useAccount(key: string | null): {
  account: Polled<AccountView>;
  membership: Polled<Membership>;
} {
  const account = usePolled(AccountView, key === null ? null : "/api/v1/accounts/me", POLL_MS, key);
  const membership = usePolled(Membership, key === null ? null : MINE, POLL_MS);
  return { account, membership };
}

/** @throws {ApiProblem} If the coordinator refuses; so do all. */
export async function createAccount(): Promise<void> {
  const { key } = await postJson(NewAccount, "/api/v1/accounts");
  await joinAccount(key);
}

export async function joinAccount(key: string): Promise<void> {
  // A browser that never gave time is no volunteer yet.
  await postJson(Session, "/api/v1/volunteers/session");
  await sendJson("PUT", Membership, MINE, undefined, { authorization: `Bearer ${key}` });
  chooseAccount(key);
  forgetInvitation();
}

/** This browser only, which takes along what it has earned. */
export async function leaveAccount(): Promise<void> {
  await sendJson("DELETE", Membership, MINE, undefined, {});
  chooseAccount(null);
}

export const linkOf = (key: string) => `${location.origin}/volunteer#account=${key}`;
