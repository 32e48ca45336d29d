import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CommitHeader, parseCommit } from "../../src/git/commit-object.ts";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { listCommitIds, listCommits } from "../../src/git/rev-list.ts";
import { DirectSpawner } from "../../src/git/spawner.ts";
import { createScene, type Scene } from "../support/git-scene.ts";

const { signal } = new AbortController();
const PERSON = "Ada Lovelace <ada@example.com> 1700000000 +0000";

async function makeCommit(
  scene: Scene,
  header: readonly string[],
  message: string | Buffer,
): Promise<string> {
  const file = join(scene.root, "commit");
  const tree = await scene.sha("main^{tree}");
  const lines = [`tree ${tree}`, `parent ${await scene.sha("main")}`, ...header, "", ""].join("\n");
  await writeFile(file, Buffer.concat([Buffer.from(lines, "latin1"), Buffer.from(message)]));
  return scene.git("hash-object", "-t", "commit", "-w", "--literally", file);
}

const both = [`author ${PERSON}`, `committer ${PERSON}`];

const CASES: [string, readonly string[], string | Buffer][] = [
  ["a plain one", both, "Subject\n\nBody\n"],
  ["a subject of several lines", both, "One  \n  two\nthree\n\nBody\n"],
  ["empty lines before it", both, "\n \nSubject\n"],
  ["lines that end as on Windows", both, "Subject\r\n\r\nBody\r\n"],
  ["spaces of other scripts", both, "Sub\u00a0ject\n\u3000\nMore\n"],
  ["no message", both, ""],
  ["another encoding", [...both, "encoding ISO-8859-1"], Buffer.from("Déjà vu\n", "latin1")],
  [
    "a name in another encoding",
    [`author Ren\xe9 <ren\xe9@example.com> 1700000000 +0000`, `committer ${PERSON}`, "encoding ISO-8859-1"],
    "Subject\n",
  ],
  ["UTF-8", both, "Été, 分支, 😀\n"],
  [
    "a signature",
    [...both, "gpgsig -----BEGIN PGP SIGNATURE-----", " ", " parent x", " -----END PGP SIGNATURE-----"],
    "Subject\n",
  ],
  [
    "a date beyond any calendar",
    [`author ${PERSON}`, "committer A <a@x> 99999999999999999999 +0000"],
    "Subject\n",
  ],
  ["a date that is none", [`author ${PERSON}`, "committer A <a@x>"], "Subject\n"],
  ["an author without a name", ["author <a@x> 1700000000 +0000", `committer ${PERSON}`], "Subject\n"],
];

test.each(CASES)("both ways of reading a commit give the same: %s", async (_, header, message) => {
  await using scene = await createScene((s) => s.commit("main"), { bare: true });
  // Git's own output would be in that encoding.
  await scene.git("config", "i18n.logOutputEncoding", "ISO-8859-1");
  await scene.git("config", "i18n.commitEncoding", "ISO-8859-2");
  const oid = await makeCommit(scene, header, message);
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const [listed] = await listCommits(git, [oid], [await scene.sha("main")], { signal });
  await using pool = new ObjectPool(git);
  const content = (await pool.read([oid], { signal })).get(oid)?.content;
  if (!listed || !content) throw new Error("the commit was not found");
  const { message: _message, ...parsed } = parseCommit(oid, content);
  expect(parsed).toEqual<CommitHeader>(listed);
  expect(() => new Date(listed.committedAtMs).toISOString()).not.toThrow();
});

test("commits are listed from some tips down to others, and tips that are not here are passed over", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("api");
    s.commit("api");
    s.commit("ui", { parent: "api", merge: ["main"] });
  });
  const [main, api, ui] = [await scene.sha("main"), await scene.sha("api"), await scene.sha("ui")];
  const gone = "1".repeat(40);
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const commits = await listCommits(git, [ui, gone], [main], { signal });
  expect(commits.map(({ oid }) => oid)).toEqual([ui, api, await scene.sha("api~1")]);
  expect(commits[0]?.parents).toEqual([api, main]);
  expect(await listCommits(git, [], [main], { signal })).toEqual([]);
  expect(await listCommits(git, [main], [main, gone], { signal })).toEqual([]);
  expect(await listCommitIds(git, [ui], [main], { signal, maxCount: 1 })).toEqual([ui]);
  await expect(listCommitIds(git, [ui], [gone], { signal })).rejects.toThrow(
    /^git rev-list: missing-object: /,
  );
  await expect(listCommitIds(git, [ui], [gone], { signal })).rejects.toMatchObject({
    failure: "missing-object",
  });
});

test("a replaced commit is read as it is, and a shallow clone ends where it ends", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("main");
    s.commit("api");
  });
  const [main, api] = [await scene.sha("main"), await scene.sha("api")];
  await scene.git("replace", api, main);
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  expect(await listCommits(git, [api], [main], { signal })).toMatchObject([
    { oid: api, parents: [main], subject: "Change api, step 1" },
  ]);
  await scene.git("replace", "-d", api);

  await scene.gitIn(
    scene.root,
    "clone",
    "--quiet",
    "--depth=1",
    "--no-checkout",
    `file://${scene.path}`,
    "shallow",
  );
  const shallow = new ReadOnlyGit(spawner, join(scene.root, "shallow", ".git"));
  const commits = await listCommits(shallow, [main], [], { signal });
  expect(commits.map(({ oid, parents }) => [oid, parents])).toEqual([[main, []]]);
});
