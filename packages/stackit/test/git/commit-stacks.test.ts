import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import { copyOf, edgesOf, type ReadCopy } from "../support/read-copy.ts";

const believed = ({ snapshot }: ReadCopy, branch: string): string | undefined =>
  snapshot.branch(branch)?.edge.believed;

test("a stack of spr keeps its order while one of its commits is amended", async () => {
  const [a, b, c] = ["aaaaaaaa", "bbbbbbbb", "cccccccc"].map((id) => `spr/main/${id}`) as [
    string,
    string,
    string,
  ];
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit(a, { parent: "main", message: "One\n\ncommit-id:aaaaaaaa\n" });
    s.commit(b, { parent: a, message: "Two\n\ncommit-id:bbbbbbbb\n" });
    s.commit(c, { parent: b, message: "Three\n\ncommit-id:cccccccc\n" });
  });
  // As a clone that was made after the commit was amended, and has never seen what it was.
  await scene.amend(b, "Two, amended\n\ncommit-id:bbbbbbbb\n");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual([`${a}<main`, `${b}<${a}`, `${c}<${b}`]);
  expect(believed(copy, c)).toBe("spr");
  expect(copy.snapshot.branch(c)?.restack).toMatchObject({
    state: "parent-moved",
    actual: await scene.sha(b),
  });
  expect(copy.snapshot.branch(c)?.commitCount).toBe(1);

  await scene.git("rebase", "--quiet", "--onto", b, `${c}~1`, c);
  await copy.refresh();
  expect(copy.snapshot.branch(c)?.restack.state).toBe("in-sync");
});

test("a stack of stack-pr is told by its commits, and by nothing else when they say nothing", async () => {
  const info = (number: number): string =>
    `stack-info: PR: https://github.com/modular/hello/pull/3${number}, branch: ann/stack/${number}\n`;
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("ann/stack/1", { parent: "main", message: `One\n\n${info(1)}` });
    s.commit("ann/stack/2", { parent: "ann/stack/1", message: `Two\n\n${info(2)}` });
    s.commit("bob/stack/9", { parent: "main", message: "Nine\n\nstack-info: PR: cut" });
  });
  await scene.amend("ann/stack/1", `One, amended\n\n${info(1)}`);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual(["ann/stack/1<main", "ann/stack/2<ann/stack/1", "bob/stack/9<main"]);
  expect(believed(copy, "ann/stack/2")).toBe("stack-pr");
  expect(copy.snapshot.branch("bob/stack/9")?.edge.sources.map(({ source }) => source)).toEqual(["ancestry"]);
});

test("a stack of ghstack keeps its order while one of its commits is amended", async () => {
  const pull = (number: number): string =>
    `ghstack-source-id: ${number}\nPull-Request: https://github.com/octo/widget/pull/${number}\n`;
  const [one, two, three] = ["gh/ann/1/orig", "gh/ann/2/orig", "gh/ann/3/orig"] as const;
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit(one, { parent: "main", message: `One\n\n${pull(1)}` });
    s.commit(two, {
      parent: one,
      message: `Two\n\n${pull(2).replace("Pull-Request", "Pull Request resolved")}`,
    });
    s.commit(three, { parent: two, message: `Three\n\n${pull(3)}` });
  });
  // As a clone that was made after the commit was amended, and has never seen what it was.
  await scene.amend(two, `Two, amended\n\n${pull(2)}`);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual([`${one}<main`, `${two}<${one}`, `${three}<${two}`]);
  expect(believed(copy, three)).toBe("ghstack");
  expect(copy.snapshot.branch(three)).toMatchObject({ commitCount: 1, restack: { state: "parent-moved" } });
  expect(copy.snapshot.branch(two)?.edge.sources.map(({ source }) => source)).toEqual([
    "ghstack",
    "ancestry",
  ]);
});

test("of ghstack's branches those are shown that hold the author's commits, in the order of these", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("gh/ann/1/orig", { parent: "main", message: "One\n\nghstack-source-id: 1\n" });
    s.commit("gh/ann/2/orig", { parent: "gh/ann/1/orig", message: "Two\n\nghstack-source-id: 2\n" });
    for (const number of [1, 2]) {
      s.commit(`gh/ann/${number}/base`, { parent: "main", message: "Update base" });
      s.commit(`gh/ann/${number}/head`, { parent: `gh/ann/${number}/base`, message: "Update" });
    }
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual(["gh/ann/1/orig<main", "gh/ann/2/orig<gh/ann/1/orig"]);
  expect(copy.snapshot.branch("gh/ann/2/orig")).toMatchObject({
    commitCount: 1,
    restack: { state: "in-sync" },
  });
});
