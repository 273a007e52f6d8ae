/** Makes an output ready to leave the slot: small parts travel in messages, large ones are sent ahead of it. */
import { LIMITS } from "../../protocol/limits";
import type { RunBlock } from "../../protocol/runs/run-block";
import type { Outlet } from "./outlet";
import type { SlotPart } from "./slot-answers";

/**
 * Bytes of one output that may travel in a message. An output of 256 parts just under LIMITS.inlineBytes would
 * fill a whole message; parts that come after this much go as blocks.
 */
export const INLINE_OUTPUT_BYTES = 128 * 1024;

/** What may travel of one output, and what becomes of larger ones. */
export type Delivery = "task" | "pack" | "whole";

export interface Parts {
  /** @throws {RangeError} If a part is larger than what may be compared. */
  text(text: string, records: number): SlotPart;
  run(block: RunBlock, partition: number): SlotPart;
}

/**
 * @param delivery `pack`: many tasks share the output, and all of it may be larger. `whole`: it is compared by what it says, and nothing
 *   of it may stay behind.
 */
export function openParts(delivery: Delivery, outlet: Outlet): Parts {
  let inlineLeft: number = delivery === "task" ? INLINE_OUTPUT_BYTES : LIMITS.packBytes;
  const inlineBytes = delivery === "task" ? LIMITS.inlineBytes : LIMITS.packBytes;

  return {
    text(text, records) {
      // The UTF-8 form is never shorter than the text, so most large parts are known at once.
      if (text.length <= inlineBytes) {
        const size = isAscii(text) ? text.length : new TextEncoder().encode(text).byteLength;
        if (travels(size)) return { text, records };
      }
      return sent(new TextEncoder().encode(text), records, 0);
    },
    run: ({ bytes, records }, partition) =>
      travels(bytes.byteLength) ? { run: bytes, records, partition } : sent(bytes, records, partition),
  };

  function travels(size: number): boolean {
    if (size > inlineBytes || size > inlineLeft) return false;
    inlineLeft -= size;
    return true;
  }

  function sent(bytes: Uint8Array<ArrayBuffer>, records: number, partition: number): SlotPart {
    if (delivery === "whole") {
      throw new RangeError(
        `An output that is compared with a tolerance may have ${LIMITS.packBytes} bytes; got at least ${bytes.byteLength}. Use smaller chunks`,
      );
    }
    return { sent: outlet.send(bytes), records, partition };
  }
}

/** Of these, UTF-8 makes one byte each. */
const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text);
