import { expect, test } from "vitest";
import { updateWords } from "./update-words.ts";

const plain = (text: string | undefined) => text?.replaceAll("\u202f", " ");
const every = (everySec: number) => ({ interval: { everySec, reason: "it is quiet" } });

test.each([
  ["no repository is shown", undefined, false, "updates by itself"],
  ["its remote is asked at intervals", every(60), false, "updates every 60 s"],
  ["at long ones", every(600), true, "updates every 10 min"],
  [
    "its folder is watched",
    { watching: { mode: "events" as const, pollIntervalSec: 30 } },
    false,
    "updates as it changes",
  ],
  ["it only hears of pushes", {}, true, "updates with each push"],
  ["it is only synced when asked", {}, false, undefined],
])("when %s, the words are those of it", (_, freshness, webhooks, words) => {
  expect(plain(updateWords(freshness, { webhooks }))).toBe(words);
});
