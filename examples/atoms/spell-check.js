/** Finds the words of a text that are not in its list: the dataset beside its path, one word a line. */
let words = new Set();

export function start({ data, log }) {
  if (!data)
    throw new Error("There is no list of words: PUT one to the dataset of this program's path first");
  words = new Set(data.text().toLowerCase().split(/\s+/).filter(Boolean));
  log(words.size, "words in version", data.version);
}

export function handle(request) {
  const text = request.method === "POST" ? request.text() : (request.query.text ?? "");
  const found = [...text.toLowerCase().matchAll(/\p{L}+/gu)].map(([word]) => word);
  return { words: found.length, unknown: [...new Set(found.filter((word) => !words.has(word)))] };
}
