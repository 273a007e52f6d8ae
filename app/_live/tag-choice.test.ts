import { expect, it } from "vitest";
import { tagsIn } from "./tag-choice";

it("[VW30] takes tags from what is typed, each once, and leaves out what cannot be one", () => {
  expect(tagsIn("Room-12, gpu  gpu,ü, two_words")).toEqual(["gpu", "room-12"]);
  expect(tagsIn("")).toEqual([]);
});
