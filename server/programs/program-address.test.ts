import { expect, it } from "vitest";
import { foldedProgramPath } from "./program-address";

it.each([
  ["/api/v1/programs/ada/primes", "/api/v1/programs/%2Fada%2Fprimes"],
  ["/api/v1/programs/ada/primes/start", "/api/v1/programs/%2Fada%2Fprimes/start"],
  [
    "/api/v1/programs/ada/tools/primes/result?follow=1",
    "/api/v1/programs/%2Fada%2Ftools%2Fprimes/result?follow=1",
  ],
])("[PG1] an address may hold a program's path as it is: %s", (written, folded) => {
  expect(foldedProgramPath(written)).toBe(folded);
});

it.each([
  "/api/v1/programs/prg_0123456789abcdef",
  "/api/v1/programs/prg_0123456789abcdef/start",
  "/api/v1/programs/%2Fada%2Fprimes/start?x=/a/b",
  "/api/v1/programs/",
  "/api/v1/programs/ada//primes",
])("[PG2] leaves other addresses alone: %s", (written) => {
  expect(foldedProgramPath(written)).toBe(written);
});
