import { expect, test } from "vitest";
import { mendedWords } from "./mended-words.ts";

test.each([
  [{ recloned: true }, "It was cloned anew, and the new one is in its place."],
  [{ repair: { leftovers: 0 } }, "Every object was read, and nothing is missing."],
  [
    { repair: { leftovers: 1 } },
    "Every object was read, and nothing is missing. 1 file that a killed git had left was removed.",
  ],
  [
    { repair: { leftovers: 2 }, recloned: true },
    "It lacked objects, so it was cloned anew, and the new one is in its place. 2 files that a killed git had left were removed.",
  ],
])("what a run did to a mirror is told: %j", (run, words) => {
  expect(mendedWords(run)).toBe(words);
});
