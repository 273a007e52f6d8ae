/** `volunteer`: gives this machine's time to a grid, in a Chromium that nobody sees, or in threads of Node. */
import { availableParallelism } from "node:os";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Option, type Command } from "commander";
import type { Grid } from "../../sdk/grid";
import type { VolunteerView } from "../../protocol/views";
import { sleep } from "../../sdk/sleep";
import { UsageError } from "../failures";
import { gridOf, writeJson, writeLine, type CommonOptions, type Terminal } from "../terminal";
import { openChromiumVolunteer } from "../volunteer/chromium-volunteer";
import { openNodeVolunteer } from "../volunteer/node-volunteer";

interface VolunteerFlags extends CommonOptions {
  readonly node?: boolean;
  readonly slots?: number;
  readonly tags?: string[];
  readonly keep?: string;
  readonly account?: string;
}

export function addVolunteerCommand(program: Command, terminal: Terminal): void {
  program
    .command("volunteer")
    .description("give this machine's computing time, until Ctrl+C")
    .option(
      "--node",
      "in worker threads of Node, without a browser and WITHOUT A SANDBOX: only for programs you trust",
    )
    .addOption(
      new Option("--slots <n>", "tasks at once; by default as many as there are processors").argParser(
        slotCountOf,
      ),
    )
    .option("--tags <tag...>", "words by which jobs may ask for this machine")
    .option("--keep <path>", "where it is kept who this volunteer is: a folder, with --node a file")
    .option(
      "--account <key>",
      "the account to belong to, by its key, which the volunteer page tells; by default TABGRID_ACCOUNT",
    )
    .action(async (_flags, command: Command) => {
      const { account = terminal.env.TABGRID_ACCOUNT, ...rest } = command.optsWithGlobals<VolunteerFlags>();
      // What an empty variable says is nothing.
      const flags = { ...rest, ...(account && { account }) };
      const grid = gridOf(terminal, flags);
      // Tells at once of an address where nobody answers.
      await grid.status(terminal);
      await (flags.node ? volunteerInNode : volunteerInChromium)(grid, flags, terminal);
    })
    .addHelpText(
      "after",
      `
Examples:
  $ tabgrid volunteer --url https://grid.example.org --slots 4 --tags lab
  $ TABGRID_ACCOUNT=$(cat key) tabgrid volunteer --keep ~/.tabgrid   one of your devices, with your other ones
  $ tabgrid volunteer --node --keep ~/.tabgrid-volunteer      a machine of your own, for your own programs

Chromium is the one TABGRID_CHROMIUM names, Playwright's, or one on the PATH.`,
    );
}

function slotCountOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 128) return count;
  throw new UsageError(`--slots must be a whole number from 1 to 128; got ${JSON.stringify(text)}`);
}

async function volunteerInNode(grid: Grid, flags: VolunteerFlags, terminal: Terminal): Promise<void> {
  const { keep, slots = availableParallelism(), tags = [] } = flags;
  const { stderr, signal } = terminal;
  const told = { id: "", tasks: -1 };
  let outdated = (_error: Error) => {};
  const ended = new Promise<never>((_resolve, reject) => (outdated = reject));
  const volunteer = await openNodeVolunteer({
    url: grid.url,
    slotCount: slots,
    tags,
    account: flags.account ?? null,
    identity: keep === undefined ? null : await readFile(keep, "utf8").catch(() => null),
    onIdentity: (identity) => {
      if (keep !== undefined) void writeFile(keep, identity, { mode: 0o600 });
    },
    onOutdated: () =>
      outdated(new UsageError("the coordinator is newer than this volunteer: update tabgrid")),
    reportBug: (error) => void (signal.aborted || stderr.write(`tabgrid: ${String(error)}\n`)),
    onStatus({ volunteerId, totals }) {
      if (volunteerId === null || (told.id === volunteerId && told.tasks === totals.tasks)) return;
      const isNew = told.id !== volunteerId;
      Object.assign(told, { id: volunteerId, tasks: totals.tasks });
      if (isNew) void tellStarted(terminal, flags, volunteerId, slots);
    },
  });
  await Promise.race([untilAborted(signal), ended]);
  await volunteer.stop();
  if (!flags.quiet) await writeLine(stderr, `${Math.max(0, told.tasks)} tasks were computed`);
}

async function volunteerInChromium(grid: Grid, flags: VolunteerFlags, terminal: Terminal): Promise<void> {
  const { slots = null, tags = [], keep = null, account = null } = flags;
  // The page does not tell us who it is; the coordinator shows everybody's tags.
  const mark = `cli-${randomBytes(4).toString("hex")}`;
  const parts = { url: grid.url, slotCount: slots, tags: [...tags, mark], profile: keep, account };
  const volunteer = await openChromiumVolunteer(parts);
  const died = volunteer.ended.then((why) => {
    if (!terminal.signal.aborted) throw new Error(why);
  });
  try {
    const found = await Promise.race([volunteerTagged(mark, grid, terminal.signal), died]);
    if (found) await tellStarted(terminal, flags, found.id, found.slotCount);
    await Promise.race([untilAborted(terminal.signal), died]);
  } finally {
    await volunteer.stop();
  }
}

const isThere = ({ state, slotCount }: VolunteerView) => state === "connected" && slotCount > 0;

const ASK_EVERY_MS = 250;
const CONNECT_MS = 60_000;

async function volunteerTagged(mark: string, grid: Grid, signal: AbortSignal): Promise<VolunteerView | null> {
  for (let waitedMs = 0; waitedMs < CONNECT_MS; waitedMs += ASK_EVERY_MS) {
    if (signal.aborted) return null;
    const found = (await grid.volunteers({ signal })).find(
      (one) => isThere(one) && one.device.tags.includes(mark),
    );
    if (found) return found;
    await sleep(ASK_EVERY_MS, signal);
  }
  throw new Error("The volunteer page did not connect within a minute");
}

async function tellStarted(
  { stdout }: Terminal,
  { json }: CommonOptions,
  volunteerId: string,
  slotCount: number,
): Promise<void> {
  if (json) return writeJson(stdout, { volunteerId, slotCount });
  await writeLine(stdout, `${volunteerId} gives ${slotCount} slots; Ctrl+C ends it`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
