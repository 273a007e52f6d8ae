/**
 * Acts on each item, in order, on so many at a time.
 *
 * @throws What one of them throws; then no more are begun.
 */
export async function fewAtOnce<T>(
  most: number,
  items: readonly T[],
  act: (item: T, place: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  let hasFailed = false;
  async function work(): Promise<void> {
    for (const [place, item] of left) {
      if (hasFailed) return;
      await act(item, place);
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  } catch (error) {
    hasFailed = true;
    throw error;
  }
}
