/** Makes an output ready to leave the slot: small parts as text, which travels in messages, large ones as bytes. */
import { LIMITS } from "../../protocol/limits";
import type { PartText } from "./collect";
import type { SlotPart } from "./slot-answers";

/**
 * Text of one output that may travel in a message. An output of 256 parts just under LIMITS.inlineBytes would
 * fill a whole message; parts that come after this much go as blocks.
 */
export const INLINE_OUTPUT_BYTES = 128 * 1024;

/**
 * @param isPack True when many tasks share the output: then all of it may be larger, for it is as many outputs.
 * @throws {RangeError} If a part is larger than a block.
 */
export function partsOf(texts: readonly PartText[], isPack: boolean): SlotPart[] {
  let inlineLeft: number = isPack ? LIMITS.packBytes : INLINE_OUTPUT_BYTES;
  const inlineBytes = isPack ? LIMITS.packBytes : LIMITS.inlineBytes;
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
