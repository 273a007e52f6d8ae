#!/usr/bin/env node
// Reads station,date,celsius and writes station, month and temperature, with tabs between.
const readline = require("readline");

const highest = Number(process.env.highest_possible || 60);
const rl = readline.createInterface({ input: process.stdin, terminal: false });

rl.on("line", function (line) {
  const [station, date, celsius] = line.split(",");
  const value = parseFloat(celsius);
  if (isNaN(value)) return;
  if (value > highest) {
    console.error("reporter:counter:readings,broken,1");
    return;
  }
  console.log([station, date.slice(0, 7), value].join("\t"));
});
