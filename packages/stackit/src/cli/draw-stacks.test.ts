import { expect, test } from "vitest";
import type { Branch, StackDetail, View } from "../contract/view.ts";
import { drawStacks } from "./draw-stacks.ts";

type Preview = NonNullable<Branch["restack"]["preview"]>;

const plain = (_style: unknown, text: string): string => text;

function branch(name: string, parent: string, more: Partial<Branch> = {}): Branch {
  return {
    name,
    parent,
    depth: 1,
    isCurrent: false,
    needsRestack: false,
    isLocked: false,
    isFrozen: false,
    revision: "1".repeat(40),
    commitDate: "2026-01-05T09:00:00.000Z",
    commitAuthor: "Robin Tester",
    commitMessage: `Change ${name}`,
    commitCount: 1,
    edge: { sources: [], agreed: true },
    restack: { state: "in-sync", reason: "" },
    ...more,
  };
}

function stack(title: string, branches: Branch[], more: Partial<StackDetail> = {}): StackDetail {
  const rootBranch = branches[0]?.name ?? "";
  return {
    id: "0123456789ab",
    rootBranch,
    title,
    status: "incomplete",
    branchCount: branches.length,
    prCount: 0,
    isCurrent: false,
    branches,
    ...more,
  };
}

function draw(stacks: StackDetail[], repo: Partial<View["repo"]> = {}): string {
  const info = { owner: "", repo: "", trunk: "main", currentBranch: "main", remote: "", ...repo };
  const view: View = { generation: 1, repo: info, stacks, recentlyMerged: [], unstacked: [] };
  return `\n${drawStacks(view, plain).join("\n")}`;
}

test("a line of branches stands leaf on top, with what one should know of each", () => {
  const restack = { state: "parent-moved", reason: "api has moved since." } as const;
  const branches = [
    branch("api", "main", {
      pr: { number: 12 },
      linesAdded: 40,
      linesDeleted: 3,
      isLocked: true,
      lockReason: "user",
    }),
    branch("ui", "api", { isCurrent: true, commitCount: 2, needsRestack: true, restack }),
    branch("docs", "ui", { remoteStatus: { ahead: 2, behind: 1, diverged: true, missingRemote: false } }),
  ];
  expect(draw([stack("Gift cards", branches, { owner: "Ada" })], { currentBranch: "ui" })).toBe(`
Gift cards  incomplete · Ada
○  docs  1 commit  ↑2 ↓1
●  ui  (current)  2 commits  needs restack (api has moved since; a restack was not tried yet)
○  api  #12  1 commit  +40 −3  locked (user)

○  main`);
});

test("what has landed says how, as what and when, and stays below those that stood on it", () => {
  const date = "2026-01-05T09:00:00.000Z";
  const branches = [
    branch("api", "main", {
      landed: { how: "rebase", commit: "a".repeat(40), date },
      restack: { state: "merged", reason: "" },
    }),
    branch("ui", "api"),
  ];
  const landed = [
    { name: "model", title: "Model", revision: "1".repeat(40), how: "merge", commit: "b".repeat(40), date },
    {
      name: "store",
      title: "Store",
      revision: "2".repeat(40),
      prNumber: 7,
      how: "squash",
      commit: "c".repeat(40),
      date,
    },
  ] as const;
  expect(draw([stack("Gift cards", branches, { landed: [...landed] })])).toBe(`
Gift cards  incomplete
○  ui  1 commit
○  api  1 commit  landed (rebased as aaaaaaa on 2026-01-05)
◌  store  #7  landed (squashed as ccccccc on 2026-01-05)
◌  model  landed (merged by bbbbbbb on 2026-01-05)

●  main  (current)`);
});

test("what restacks would do is told of those that need one, and of those above that one would not get past", () => {
  const preview = (more: Preview): Partial<Branch> => ({
    needsRestack: true,
    restack: { state: "parent-moved", reason: "It moved.", preview: more },
  });
  const files = ["a.txt", "b\u001b[2J.txt", "c.txt", "d.txt"];
  const conflicts: Preview = { state: "conflicts", commit: "1".repeat(40), files, fileCount: 60 };
  const above = { state: "in-sync", reason: "" } as const;
  const branches = [
    branch("a", "main", preview({ state: "clean" })),
    branch("b", "a", { restack: { ...above, preview: { state: "clean" } } }),
    branch("c", "b", { restack: { ...above, preview: conflicts } }),
    branch("d", "c", preview({ ...conflicts, files: ["a.txt"], fileCount: 1 })),
    branch("e", "d", preview({ state: "unknown", reason: "It is not known what becomes of d." })),
  ];
  expect(draw([stack("Tried", branches)])).toBe(`
Tried  incomplete
○  e  1 commit  needs restack (It moved; whether a restack would apply is not known: It is not known what becomes of d)
○  d  1 commit  needs restack (It moved; a restack would conflict in a.txt)
○  c  1 commit  a restack would conflict in a.txt, b\uFFFD[2J.txt, c.txt and 57 more
○  b  1 commit
○  a  1 commit  needs restack (It moved; a restack would apply cleanly)

●  main  (current)`);
});

test("of branches behind their trunk those are told that would not merge any more", () => {
  const behind = (trunkMerge: Branch["restack"]["trunkMerge"]) =>
    branch("api", "main", { restack: { state: "in-sync", reason: "", ...(trunkMerge && { trunkMerge }) } });
  const line = (merge: Branch["restack"]["trunkMerge"]) =>
    draw([stack("One", [behind(merge)])]).split("\n")[2];
  expect(line({ state: "conflicts", files: ["a.txt"], fileCount: 2 })).toBe(
    "○  api  1 commit  a merge into the trunk would conflict in a.txt and 1 more",
  );
  expect(line({ state: "clean" })).toBe("○  api  1 commit");
  expect(line({ state: "unknown", reason: "To try it takes too long." })).toBe("○  api  1 commit");
});

test("a title that a terminal would obey is shown, not sent", () => {
  expect(draw([stack("Gone\u001b[2J", [branch("api", "main")])])).toContain("Gone\uFFFD[2J  incomplete\n");
});

test("forks stand side by side and join below", () => {
  const branches = [
    branch("root", "main"),
    branch("a", "root"),
    branch("a1", "a"),
    branch("b", "root"),
    branch("b1", "b"),
    branch("b2", "b"),
    branch("c", "root"),
  ];
  expect(draw([stack("Forks", branches)])).toBe(`
Forks  incomplete
○  a1  1 commit
○  a  1 commit
│ ○  b1  1 commit
│ │ ○  b2  1 commit
│ ├─╯
│ ○  b  1 commit
│ │ ○  c  1 commit
├─┴─╯
○  root  1 commit

●  main  (current)`);
});

test("a repository without stacks, trunk or branch says so", () => {
  expect(draw([], { trunk: "", currentBranch: "" })).toBe(`
There is no stack here: every branch is on the trunk.

○  (no trunk)
HEAD is detached: no branch is checked out.`);
});
