import type { RepoSummary } from "stackit/contract/repo";
import { expect, test } from "vitest";
import { findRepo } from "./repo-ref.ts";

function repo(id: string, fullName: string, formerNames?: string[]): RepoSummary {
  const [owner = "", name = ""] = fullName.split("/");
  return {
    id,
    displayName: fullName,
    owner,
    repo: name,
    ...(formerNames && { formerNames }),
    kind: "mirror",
    role: "member",
    trunk: "main",
    counts: { branches: 0, stacks: 0, needsRestack: 0 },
    freshness: {
      health: "fresh",
      activity: "idle",
      consecutiveFailures: 0,
      recent: [],
      expectedMaxAgeSec: 600,
    },
  };
}

const at = (owner: string, name: string) => ({ kind: "forge", owner, name }) as const;

test("a link by a name that a repository had before leads to it, until another has that name", () => {
  const renamed = repo("a", "acme/gear", ["octo/widget", "octo/gadget"]);
  expect(findRepo([renamed], at("ACME", "gear"))).toBe(renamed);
  expect(findRepo([renamed], at("octo", "Gadget"))).toBe(renamed);
  expect(findRepo([renamed], at("octo", "other"))).toBeUndefined();
  const heir = repo("b", "octo/gadget");
  expect(findRepo([renamed, heir], at("octo", "gadget"))).toBe(heir);
});
