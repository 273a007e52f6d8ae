/** Makes an output ready to leave the slot: small parts as text, which travels in messages, large ones as bytes. */
import { LIMITS } from "../../protocol/limits";
import type { PartText } from "./collect";
import type { SlotPart } from "./slot-answers";

/**
 * Text of one output that may travel in a message. An output of 256 parts just under LIMITS.inlineBytes would
 * fill a whole message; parts that come after this much go as blocks.
 */
export const INLINE_OUTPUT_BYTES = 128 * 1024;

/** What may travel of one output, and what becomes of larger ones. */
export type Delivery = "task" | "pack" | "whole";

/**
 * @param delivery `pack`: many tasks share the output, and all of it may be larger. `whole`: it is compared by what it says, and nothing
 *   of it may stay behind.
 * @throws {RangeError} If a part is larger than a block, or than what may be compared.
 */
export function partsOf(texts: readonly PartText[], delivery: Delivery): SlotPart[] {
  let inlineLeft: number = delivery === "task" ? INLINE_OUTPUT_BYTES : LIMITS.packBytes;
  const inlineBytes = delivery === "task" ? LIMITS.inlineBytes : LIMITS.packBytes;
  return texts.map(({ text, records }) => {
    // The UTF-8 form is never shorter than the text, so most large parts are known at once.
    if (text.length <= inlineBytes) {
      const size = isAscii(text) ? text.length : new TextEncoder().encode(text).byteLength;
      if (size <= inlineBytes && size <= inlineLeft) {
        inlineLeft -= size;
        return { text, records };
      }
    }
    const bytes = new TextEncoder().encode(text);
    if (delivery === "whole") {
      throw new RangeError(
        `An output that is compared with a tolerance may have ${LIMITS.packBytes} bytes; got at least ${bytes.byteLength}. Use smaller chunks`,
      );
    }
    if (bytes.byteLength > LIMITS.blockBytes) {
      throw new RangeError(
        `One part of an output may have ${LIMITS.blockBytes} bytes; got ${bytes.byteLength}. Use more reducers or smaller chunks`,
      );
    }
    return { bytes, records };
  });
}

/** Of these, UTF-8 makes one byte each. */
const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text);
