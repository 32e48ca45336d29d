import type { RefChange, RefChanges } from "stackit/contract/sync-run";
import { expect, test } from "vitest";
import { probeWords } from "./probe-words.ts";

function changes(...list: (readonly [ref: string, kind: RefChange["kind"]])[]): RefChanges {
  const countOf = (...kinds: RefChange["kind"][]) => list.filter(([, kind]) => kinds.includes(kind)).length;
  return {
    created: countOf("created"),
    updated: countOf("forward", "rewritten"),
    deleted: countOf("deleted"),
    changes: list.map(([ref, kind]) => ({ ref, kind })),
    truncated: false,
  };
}

const all = changes(
  ["refs/heads/main", "created"],
  ["refs/heads/api", "forward"],
  ["refs/heads/ui", "rewritten"],
  ["refs/heads/old", "deleted"],
  ["refs/stackit/metadata/ui", "rewritten"],
);

test.each([
  [changes(), "Nothing to read: what is here is what is there"],
  [changes(["refs/heads/main", "created"]), "1 branch to read"],
  [changes(["refs/heads/a", "deleted"], ["refs/heads/b", "deleted"]), "2 branches to remove"],
  [all, "3 branches to read, 1 to remove"],
  [changes(["refs/stackit/metadata/ui", "forward"]), "1 ref to read"],
  [{ ...all, created: 1200, truncated: true }, "1,203 refs to read, 1 to remove"],
])("what a sync would do is told in branches, where all of them are known: %#", (found, words) => {
  expect(probeWords(found)).toBe(words);
});
