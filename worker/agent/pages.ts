/**
 * The pages attached to the agent, and whether they are still there.
 *
 * A page that closes says so. One that crashes lets go of its Web Lock, which the agent waits for. One that is
 * frozen, or whose sandbox died of too much memory, still holds the lock but does not answer.
 */
import type { VolunteerStatus } from "../status";
import { afterAwake, type Clock } from "./clock";
import type { OpenInstanceRunner } from "./instance-runner";
import { openSlot, type Slot } from "./slot";
import type { OpenRunner } from "./slot-runner";

/** A page as the agent calls it. Calls to a page that is gone never settle. */
export interface PageLink {
  readonly openRunner: OpenRunner;
  /** Null where only tasks can run: services need a sandboxed page. */
  readonly openInstance: OpenInstanceRunner | null;
  ping(): Promise<void>;
  /** Answered by the page itself, whatever has become of its sandbox. */
  isThere(): Promise<void>;
  resetSandbox(): Promise<void>;
  show(status: VolunteerStatus): Promise<void>;
  reload(): Promise<void>;
  /** Settles when the page is gone. */
  readonly gone: Promise<void>;
}

export interface Page {
  readonly link: PageLink;
  /** False while its sandbox does not answer: its slots are not used. */
  readonly isAwake: boolean;
  readonly slots: readonly Slot[];
}

export interface Pages {
  attach(link: PageLink): PageControl;
  readonly all: ReadonlySet<Page>;
  /** Of awake pages. */
  slots(): Slot[];
}

export interface PageControl {
  readonly page: Page;
  setSlotCount(slotCount: number): void;
  slotFailed(slotId: string, message: string): void;
  leave(): void;
}

export interface PagesParts {
  readonly clock: Clock;
  /** Slots came, went, or went idle. */
  readonly changed: () => void;
  /** A worker that is no slot's could not start. */
  readonly otherFailed: (name: string, message: string) => void;
  readonly reportBug: (error: unknown) => void;
}

const PING_EVERY_MS = 5_000;
const PING_LIMIT_MS = 12_000;
const THERE_LIMIT_MS = 2_000;

export function openPages({ clock, changed, otherFailed, reportBug }: PagesParts): Pages {
  const all = new Set<Page>();
  let slotsMade = 0;
  return {
    attach,
    all,
    slots: () => [...all].flatMap(({ isAwake, slots }) => (isAwake ? slots : [])),
  };

  function attach(link: PageLink): PageControl {
    const page = { link, isAwake: false, slots: new Array<Slot>() };
    let isAttached = true;
    /** Which ping counts: an answer to an older one comes from a page that was frozen since. */
    let pingNumber = 0;
    all.add(page);
    link.gone.then(leave, reportBug);
    watch();
    changed();
    return { page, setSlotCount, slotFailed, leave };

    /** Pings for as long as the page is attached, and mends its sandbox when it falls silent. */
    function watch(): void {
      if (!isAttached) return;
      pingNumber += 1;
      const ping = pingNumber;
      const cancel = afterAwake(clock, PING_LIMIT_MS, silent);
      link.ping().then(() => {
        cancel();
        if (ping !== pingNumber) return;
        setAwake(true);
        clock.after(PING_EVERY_MS, watch);
      }, reportBug);
    }

    function silent(): void {
      if (!isAttached) return;
      pingNumber += 1;
      const ping = pingNumber;
      const cancel = afterAwake(clock, THERE_LIMIT_MS, mend);
      link.isThere().then(() => {
        cancel();
        if (ping !== pingNumber) return;
        // A page that answers without its sandbox has lost it, mostly to a task that took too much memory.
        for (const slot of page.slots) slot.kill("broke");
        clock.after(0, mend);
      }, reportBug);
    }

    function mend(): void {
      if (!isAttached) return;
      pingNumber += 1;
      setAwake(false);
      for (const slot of page.slots) slot.kill();
      // A frozen page does this when it thaws.
      link.resetSandbox().then(watch, reportBug);
    }

    function setAwake(isAwake: boolean): void {
      if (page.isAwake === isAwake || !isAttached) return;
      page.isAwake = isAwake;
      changed();
    }

    function setSlotCount(slotCount: number): void {
      for (const slot of page.slots.splice(slotCount)) slot.close();
      while (page.slots.length < slotCount) {
        slotsMade += 1;
        const slotId = `slot-${slotsMade}`;
        page.slots.push(openSlot({ slotId, openRunner: link.openRunner, clock, changed, reportBug }));
      }
      changed();
    }

    function slotFailed(slotId: string, message: string): void {
      reportBug(new Error(`The worker of slot ${slotId} failed: ${message}`));
      const slot = page.slots.find((each) => each.slotId === slotId);
      if (slot) slot.kill();
      else otherFailed(slotId, message);
    }

    function leave(): void {
      if (!isAttached) return;
      isAttached = false;
      all.delete(page);
      for (const slot of page.slots.splice(0)) slot.close();
      changed();
    }
  }
}
