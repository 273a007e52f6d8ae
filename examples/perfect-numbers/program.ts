/** Sorts numbers into perfect, abundant and deficient ones by the sum of their divisors. */

type Kind = "perfect" | "abundant" | "deficient";

interface Context {
  emit(kind: Kind, n: number): void;
}

interface Summary {
  count: number;
  first: number[];
}

export function map(n: number, { emit }: Context): void {
  const sum = divisorSum(n);
  emit(sum === n ? "perfect" : sum > n ? "abundant" : "deficient", n);
}

export function reduce(_kind: Kind, numbers: readonly number[]): Summary {
  const first = [...numbers].sort((a, b) => a - b).slice(0, 5);
  return { count: numbers.length, first };
}

function divisorSum(n: number): number {
  let sum = n === 1 ? 0 : 1;
  for (let divisor = 2; divisor * divisor <= n; divisor++) {
    if (n % divisor !== 0) continue;
    sum += divisor;
    if (divisor * divisor !== n) sum += n / divisor;
  }
  return sum;
}
