/** Chance that is the same in every copy of a task: `context.random()`. */
import { hashOfText } from "./partition";

/** @returns A source of numbers from 0 up to, but not including, 1; the same sequence for the same seed (sfc32). */
export function seededRandom(seed: string): () => number {
  let a = hashOfText(`${seed}#a`) | 0;
  let b = hashOfText(`${seed}#b`) | 0;
  let c = hashOfText(`${seed}#c`) | 0;
  let counter = 1;

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  }

  // Near seeds give near numbers at first.
  for (let round = 0; round < 12; round++) next();
  return next;
}
