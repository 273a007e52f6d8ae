/** Numbers that are never made: a job over them is three numbers, and volunteers compute their own. */

export interface Range extends Iterable<number> {
  readonly start: number;
  /** Not included. */
  readonly end: number;
  readonly step: number;
  /** How many there are. */
  readonly length: number;
}

/**
 * @param step Negative to count down; fractions are computed as start + n * step.
 * @throws {RangeError} If a number is not finite, or the step is 0.
 * @example
 * range(3); // 0, 1, 2
 * range(10, 0, -5); // 10, 5
 */
export function range(end: number): Range;
export function range(start: number, end: number, step?: number): Range;
export function range(first: number, second?: number, step = 1): Range {
  const [start, end] = second === undefined ? [0, first] : [first, second];
  if (![start, end, step].every(Number.isFinite))
    throw new RangeError(`range takes finite numbers; got ${start}, ${end}, ${step}`);
  if (step === 0) throw new RangeError("The step of a range must not be 0");
  const length = Math.max(0, Math.ceil((end - start) / step));
  return { start, end, step, length, [Symbol.iterator]: numbers };

  function* numbers() {
    for (let index = 0; index < length; index++) yield start + index * step;
  }
}

export function isRange(value: unknown): value is Range {
  return (
    typeof value === "object" &&
    value !== null &&
    ["start", "end", "step", "length"].every((name) => name in value) &&
    Symbol.iterator in value
  );
}
