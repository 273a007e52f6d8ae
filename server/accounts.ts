/**
 * Accounts, each of which links the volunteers of one person: who has its key may join it, and see what came of it.
 *
 *   key ──▶ SHA-256, compared in constant time ──▶ the volunteer's row ──▶ the scheduler, which keeps the devices of one account apart
 *
 * The key is told once and kept nowhere. Who belongs to what is written down first, and known to the scheduler at once.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import {
  AccountKey,
  type AccountView,
  type AccountVolunteer,
  type Membership,
  type NewAccount,
} from "../protocol/account";
import { AccountId, type EpochMs, type VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import type { Coordinator } from "./coordinator";
import type { Feed } from "./feed";
import { log } from "./log";
import type { RunningServices } from "./services/running-services";
import {
  countAccounts,
  deleteUnusedAccounts,
  findAccount,
  insertAccount,
  noteSeen,
  readMembers,
  readMembersOf,
  setMember,
  type StoredAccount,
} from "./store/accounts";
import type { Database } from "./store/database";
import type { Ledger } from "./store/ledger";

export interface AccountsApi {
  /** @throws {GridError} `quota-exceeded` when there are as many as there may be. */
  create(): Promise<NewAccount>;
  /** @param key As it came. @throws {GridError} `account-key-wrong`; so do all that take a key. */
  view(key: string | null): Promise<AccountView>;
  of(volunteerId: VolunteerId): Membership;
  /** A volunteer of another account changes over. @throws {GridError} `quota-exceeded`. */
  join(volunteerId: VolunteerId, key: string | null): Promise<Membership>;
  leave(volunteerId: VolunteerId): Promise<Membership>;
}

export interface Accounts extends AccountsApi {
  /** Tells the scheduler who belongs to what. To be called before it hands anything out. */
  restore(): Promise<void>;
  /** A volunteer's connection has ended. */
  seen(volunteerId: VolunteerId): void;
  /** Writes down what waits. */
  close(): Promise<void>;
}

export interface AccountsParts {
  database: Database;
  ledger: Pick<Ledger, "refusal">;
  coordinator: Pick<Coordinator, "grid" | "dispatch">;
  services: Pick<RunningServices, "accountChanged">;
  feed: Pick<Feed, "noteVolunteers">;
  now: () => EpochMs;
  mostAccounts?: number;
}

const ID_BYTES = 8;
const SECRET_BYTES = 24;
/** A whole lab may leave at once: that is one commit. */
const SEEN_MS = 1_000;
/** Accounts cost nothing to make. Those that nobody has joined for so long make room when it is needed, which is looked for so often. */
const UNUSED_MS = 24 * 60 * 60 * 1_000;
const MAKE_ROOM_MS = 60_000;

export function openAccounts({
  database,
  ledger,
  coordinator,
  services,
  feed,
  now,
  mostAccounts = LIMITS.accounts,
}: AccountsParts): Accounts {
  /** One change after the other: what is written last is what the scheduler hears last. */
  let changing: Promise<unknown> = Promise.resolve();
  /** When volunteers were last seen, until that is written down. */
  const seen = new Map<VolunteerId, EpochMs>();
  let lookedForRoomAt = -Infinity;
  let writingSeen: NodeJS.Timeout | null = null;
  const accountOf = (volunteerId: VolunteerId) => coordinator.grid.accounts.get(volunteerId) ?? null;

  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = changing.then(change);
    changing = done.catch(() => {});
    return done;
  }

  async function set(volunteerId: VolunteerId, account: AccountId | null): Promise<Membership> {
    if (accountOf(volunteerId) !== account) {
      await setMember(database, volunteerId, account, now());
      coordinator.dispatch({ type: "account-changed", volunteerId, account });
      services.accountChanged(volunteerId, account);
      feed.noteVolunteers();
    }
    return { volunteerId, account };
  }

  function refuseUnlessReady(): void {
    const refusal = ledger.refusal();
    if (refusal) throw refusal;
  }

  async function withKey(key: string | null): Promise<StoredAccount> {
    if (key === null) throw wrongKey(`${EXPECTED}; none came`);
    const parsed = AccountKey.safeParse(key);
    if (!parsed.success) throw wrongKey(`${EXPECTED}: it ${parsed.error.issues[0]?.message ?? ""}`);
    const id = AccountId.parse(key.split(".", 1)[0]);
    const account = await findAccount(database, id);
    if (!account || !isKeyOf(account, parsed.data)) throw wrongKey(`${EXPECTED}; this one opens no account`);
    return account;
  }

  return {
    async restore() {
      await forgetUnused().catch((error: unknown) =>
        log.warn({ err: error }, "accounts that nobody has joined stay"),
      );
      coordinator.dispatch({ type: "accounts-known", members: await readMembers(database) });
    },
    create: () =>
      inTurn(async () => {
        refuseUnlessReady();
        await makeRoom();
        const id = AccountId.parse(`a_${randomBytes(ID_BYTES).toString("hex")}`);
        const key = AccountKey.parse(`${id}.${randomBytes(SECRET_BYTES).toString("base64url")}`);
        await insertAccount(database, { id, keyDigest: digestOf(key).toString("hex"), createdAt: now() });
        return { id, key };
      }),
    async view(key) {
      const { id, createdAt } = await withKey(key);
      const members = await readMembersOf(database, id);
      const volunteers = members.map((member): AccountVolunteer => {
        const state = coordinator.grid.volunteers.get(member.id)?.presence.state ?? "gone";
        return { ...member, state, ...(state === "connected" && { lastSeenAt: now() }) };
      });
      return {
        id,
        createdAt,
        acceptedTasks: volunteers.reduce((sum, { acceptedTasks }) => sum + acceptedTasks, 0),
        computeMs: volunteers.reduce((sum, { computeMs }) => sum + computeMs, 0),
        volunteers: volunteers.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt),
      };
    },
    of: (volunteerId) => ({ volunteerId, account: accountOf(volunteerId) }),
    async join(volunteerId, key) {
      await withKey(key);
      return inTurn(async () => {
        refuseUnlessReady();
        // It may have been forgotten meanwhile.
        const { id } = await withKey(key);
        if (accountOf(volunteerId) !== id) await refuseWhenFull(id, volunteerId);
        return set(volunteerId, id);
      });
    },
    leave: (volunteerId) =>
      inTurn(() => {
        refuseUnlessReady();
        return set(volunteerId, null);
      }),
    seen(volunteerId) {
      if (accountOf(volunteerId) === null) return;
      seen.set(volunteerId, now());
      writingSeen ??= setTimeout(() => void writeSeen(), SEEN_MS).unref();
    },
    close: writeSeen,
  };

  /** @throws {GridError} `quota-exceeded` */
  async function makeRoom(): Promise<void> {
    if ((await countAccounts(database)) < mostAccounts) return;
    if (now() - lookedForRoomAt >= MAKE_ROOM_MS && (await forgetUnused()) > 0) return;
    throw new GridError("quota-exceeded", `There may be ${mostAccounts} accounts (accounts)`);
  }

  function forgetUnused(): Promise<number> {
    lookedForRoomAt = now();
    return deleteUnusedAccounts(database, (now() - UNUSED_MS) as EpochMs);
  }

  async function writeSeen(): Promise<void> {
    if (writingSeen !== null) clearTimeout(writingSeen);
    writingSeen = null;
    const gone = [...seen];
    seen.clear();
    if (gone.length === 0) return;
    await noteSeen(database, gone).catch((error: unknown) =>
      log.warn(
        { err: error, volunteers: gone.length },
        "when volunteers were last seen could not be written down",
      ),
    );
  }

  async function refuseWhenFull(id: AccountId, volunteerId: VolunteerId): Promise<void> {
    const members = await readMembersOf(database, id);
    if (members.length >= LIMITS.accountVolunteers)
      throw new GridError(
        "quota-exceeded",
        `An account may have ${LIMITS.accountVolunteers} volunteers (accountVolunteers)`,
      );
    const { accounts } = coordinator.grid;
    if (accounts.size >= LIMITS.linkedVolunteers && !accounts.has(volunteerId))
      throw new GridError(
        "quota-exceeded",
        `${LIMITS.linkedVolunteers} volunteers may belong to accounts (linkedVolunteers)`,
      );
  }
}

const EXPECTED =
  "The header must be `Authorization: Bearer KEY`, with the key that POST /api/v1/accounts gave";

const wrongKey = (detail: string) => new GridError("account-key-wrong", detail);

const digestOf = (key: AccountKey) => createHash("sha256").update(key).digest();

function isKeyOf({ keyDigest }: StoredAccount, key: AccountKey): boolean {
  return timingSafeEqual(Buffer.from(keyDigest, "hex"), digestOf(key));
}
