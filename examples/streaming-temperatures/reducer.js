#!/usr/bin/env node
// The highest value of each key; a key is the first two fields, and lines come sorted by it.
let rest = "";
let key = null;
let max = -Infinity;

process.stdin.setEncoding("utf8");
process.stdin.on("data", function (chunk) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  lines.forEach(take);
});
process.stdin.on("end", function () {
  if (rest !== "") take(rest);
  put();
});

function take(line) {
  const at = line.lastIndexOf("\t");
  const thisKey = line.slice(0, at);
  if (thisKey !== key) {
    put();
    key = thisKey;
    max = -Infinity;
  }
  max = Math.max(max, Number(line.slice(at + 1)));
}

function put() {
  if (key !== null) process.stdout.write(key + "\t" + max + "\n");
}
