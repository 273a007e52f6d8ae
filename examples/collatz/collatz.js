/** How many steps a number takes to 1, when even ones are halved and odd ones become three times themselves and one. */
module.exports["/pando/1.0.0"] = function (x, cb) {
  let n = BigInt(x);
  let steps = 0;
  while (n > 1n) {
    n = n % 2n === 0n ? n / 2n : 3n * n + 1n;
    steps += 1;
  }
  setTimeout(() => cb(null, JSON.stringify({ n: Number(x), steps })), 0);
};
