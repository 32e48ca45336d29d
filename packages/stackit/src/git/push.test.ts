import { expect, test } from "vitest";
import { parsePushed } from "./push.ts";

const told = (...lines: string[]) =>
  Object.fromEntries(parsePushed(["To ../up.git", ...lines, "Done"].join("\n"), "GH006: Protected branch"));

test("a lease that does not hold any more is told apart from what only went with it", () => {
  expect(
    told(
      "!\tabc:refs/heads/a\t[rejected] (stale info)",
      "!\tabc:refs/heads/b\t[rejected] (atomic push failed)",
    ),
  ).toEqual({
    "refs/heads/a": { ref: "refs/heads/a", kind: "moved" },
    "refs/heads/b": { ref: "refs/heads/b", kind: "not-tried" },
  });
});

test("what the remote itself refuses is told in its words, unless somebody was quicker there", () => {
  expect(
    told(
      "!\tabc:refs/heads/p\t[remote rejected] (hook declined)",
      "!\tabc:refs/heads/q\t[remote rejected] (cannot lock ref 'refs/heads/q': is at 1 but expected 2)",
      "!\tabc:refs/heads/r\t[remote rejected] (atomic transaction failed)",
      "*\tabc:refs/heads/s\t[new branch]",
    ),
  ).toEqual({
    "refs/heads/p": {
      ref: "refs/heads/p",
      kind: "refused",
      reason: "hook declined. GH006: Protected branch",
    },
    "refs/heads/q": { ref: "refs/heads/q", kind: "moved" },
    "refs/heads/r": { ref: "refs/heads/r", kind: "not-tried" },
  });
});
