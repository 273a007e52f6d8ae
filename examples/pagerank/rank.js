/**
 * One round of PageRank: every page hands its rank on to the pages it links to, in equal parts.
 *
 * `config.stuck` is the rank of all pages without a link, which goes to all pages alike; `config.pages` counts them.
 */
const DAMPING = 0.85;

export function map({ key: page, value: { links, rank } }, { emit }) {
  emit(page, { links, rank });
  for (const link of links) emit(link, rank / links.length);
}

export function reduce(page, parts, { config }) {
  const { links, rank: before } = parts.find((part) => typeof part === "object");
  const handed = parts.reduce((sum, part) => (typeof part === "number" ? sum + part : sum), 0);
  const rank = 1 - DAMPING + DAMPING * (handed + config.stuck / config.pages);
  return { links, rank, stuck: links.length === 0 ? rank : 0, change: Math.abs(rank - before) };
}
