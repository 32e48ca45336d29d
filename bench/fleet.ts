import { copyFile, link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Change, changeBranch, git, readRefs } from "./plain-git.ts";
import { scratchCopy } from "./repositories.ts";
import { someBranches } from "./scenarios.ts";

/** Many small repositories below one folder, equal at first, whose objects lie on the disk once. */
export interface Fleet extends AsyncDisposable {
  readonly folder: string;
  /** Folders below it, to be served. */
  readonly names: readonly string[];
  /** What all of them have as the trunk at first. */
  readonly trunkTip: string;
  /** One commit and its metadata each, in the order in which they are to be pushed; the objects are there already. */
  readonly changes: readonly Change[];
  /** Puts a copy of a repository or mirror of the fleet's first beside the fleet, made out to be one of another. */
  copyFor(name: string, first: string, to: string): Promise<void>;
}

export async function makeFleet(
  template: string,
  { count, changes: changeCount }: { count: number; changes: number },
): Promise<Fleet> {
  const first = await scratchCopy(template);
  const folder = `${first}-fleet`;
  const names = Array.from({ length: count }, (_, index) => `small-${index}`);
  const [firstName = ""] = names;
  const refs = await readRefs(first);
  const branches = await someBranches(first, changeCount);
  const changes: Change[] = [];
  for (let index = 0; index < changeCount; index++) {
    changes.push(await changeBranch(first, branches[index % branches.length] ?? "", 9000 + index));
  }
  await git(
    first,
    ["update-ref", "--stdin"],
    refs.map(({ name, oid }) => `update ${name} ${oid}\n`).join(""),
  );
  await git(first, ["pack-refs", "--all"]);
  for (const name of names) await linkTree(first, join(folder, `${name}.git`));
  await rm(first, { recursive: true });

  return {
    folder,
    names,
    trunkTip: refs.find(({ name }) => name === "refs/heads/main")?.oid ?? "",
    changes,
    copyFor: (name, from, to) =>
      linkTree(from, to, (text) => text.replaceAll(new RegExp(`\\b${firstName}\\b`, "g"), name)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What a push does to the repository of a fleet: the two refs of the change move, each at once. */
export async function push(repository: string, { branch, commit, blob }: Change): Promise<void> {
  await moveRef(repository, `refs/heads/${branch}`, commit);
  await moveRef(repository, `refs/stackit/metadata/${branch}`, blob);
}

async function moveRef(repository: string, ref: string, oid: string): Promise<void> {
  const file = join(repository, ref);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.lock`, `${oid}\n`);
  await rename(`${file}.lock`, file);
}

/** Objects are linked, since Git never changes them; all else is copied. */
async function linkTree(from: string, to: string, edit?: (text: string) => string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target, edit);
    else if (from.includes("/objects")) await link(source, target);
    else if (edit) await writeFile(target, edit(await readFile(source, "latin1")), "latin1");
    else await copyFile(source, target);
  }
}
