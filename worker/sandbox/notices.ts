/** Which of a slot's tasks runs, and how far it is: told now and then, since a message for each tiny task would cost more than the task. */
import type { SlotNotice } from "./slot-answers";

export interface Notices {
  /** Told at once or, soon after another, when its time has come and nothing newer has taken its place. */
  note(notice: SlotNotice): void;
  /** Nothing more is to be told of what ran. */
  end(): void;
}

interface NoticesParts {
  readonly everyMs: number;
  readonly now: () => number;
  /** @returns How to call it off. */
  readonly after: (delayMs: number, act: () => void) => () => void;
  readonly tell: (notice: SlotNotice) => void;
}

export function openNotices({ everyMs, now, after, tell }: NoticesParts): Notices {
  let toldAt = now();
  let held: SlotNotice | null = null;
  let callOff: (() => void) | null = null;

  function end(): void {
    callOff?.();
    callOff = held = null;
    toldAt = now();
  }

  return {
    end,
    note(notice) {
      const leftMs = toldAt + everyMs - now();
      if (leftMs <= 0) {
        end();
        return tell(notice);
      }
      held = notice;
      callOff ??= after(leftMs, () => {
        const last = held;
        end();
        if (last) tell(last);
      });
    },
  };
}
