/**
 * How far apart are prime numbers? Counts the distances from each prime to the next one.
 *
 * A record is the number of an interval, `config.width` numbers long. All counts together are the number of
 * primes, which is well known: 5,761,455 below 100 million, 50,847,534 below a thousand million.
 */

/** No two neighbouring primes below 10^12 are further apart. */
const LONGEST_GAP = 540;

export function map(interval, { emit, config }) {
  const start = interval * config.width;
  const end = start + config.width;
  const counts = new Map();
  let last = 0;
  for (const prime of primesBetween(start, end + LONGEST_GAP)) {
    if (last !== 0) counts.set(prime - last, (counts.get(prime - last) ?? 0) + 1);
    // A gap belongs to the interval in which it starts.
    if (prime >= end) break;
    last = prime;
  }
  for (const [gap, count] of counts) emit(gap, count);
}

export function combine(gap, counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

export function reduce(gap, counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The sieve of Eratosthenes over a window, in order, from `start` up to, but not including, `end`. */
function* primesBetween(start, end) {
  const isComposite = new Uint8Array(end - start);
  for (const prime of primesUpTo(Math.ceil(Math.sqrt(end)))) {
    const first = Math.max(prime * prime, Math.ceil(start / prime) * prime);
    for (let multiple = first - start; multiple < isComposite.length; multiple += prime)
      isComposite[multiple] = 1;
  }
  for (let index = Math.max(0, 2 - start); index < isComposite.length; index++) {
    if (isComposite[index] === 0) yield start + index;
  }
}

let known = { limit: 0, primes: [] };

/** Kept for the next record: the small primes are the same for neighbouring intervals. */
function primesUpTo(limit) {
  if (limit <= known.limit) return known.primes;
  const isComposite = new Uint8Array(limit + 1);
  const primes = [];
  for (let number = 2; number <= limit; number++) {
    if (isComposite[number] === 1) continue;
    primes.push(number);
    for (let multiple = number * number; multiple <= limit; multiple += number) isComposite[multiple] = 1;
  }
  known = { limit, primes };
  return primes;
}
