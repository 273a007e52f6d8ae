import { expect, it } from "vitest";
import { digest } from "../../testing/builders";
import { seededChance } from "../chance";
import { AloneAnswers } from "./alone-answers";
import { Digests } from "./digests";

it("[TR8] answers given alone are drawn for a check at random, each once", () => {
  const answers = new AloneAnswers(new Digests());
  for (let index = 0; index < 50; index++) answers.add(index, digest(`d${index}`));
  const chance = seededChance(1);
  const drawn = Array.from({ length: 20 }, () => answers.takeRandom(chance));
  expect(answers.size).toBe(30);
  const all = [...drawn, ...answers.takeAll()];
  expect(new Set(all.map(({ index }) => index)).size).toBe(50);
  expect(all.every((answer) => answer.digest === `d${answer.index}`)).toBe(true);
  expect(drawn.map(({ index }) => index)).not.toEqual(
    [...drawn.map(({ index }) => index)].sort((a, b) => a - b),
  );
  expect(() => answers.takeRandom(chance)).toThrow("no answer");
});
