import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Below it each commit that is known stands under its id. */
export const HAVES = "refs/have/";

/** Within the folder around it. */
export const ASIDE = "stackit-aside";

/** A Git folder within another one, with refs of its own and the other's objects. */
export interface AsideFolder extends AsyncDisposable {
  readonly gitDir: string;
  /** Where new objects go: those of the folder around it. */
  readonly objects: string;
}

/**
 * Makes it without a process. One at a time; what a killed process left of one is removed. Disposal removes the folder, and leaves the
 * objects. It also sees what is in `others`, further folders of objects.
 */
export async function makeAside(
  around: string,
  haves: readonly string[],
  others: readonly string[] = [],
): Promise<AsideFolder> {
  const gitDir = join(around, ASIDE);
  const objects = join(around, "objects");
  const remove = () => rm(gitDir, { recursive: true, force: true });
  await remove();
  await mkdir(join(gitDir, "refs"), { recursive: true });
  await mkdir(join(gitDir, "objects", "info"), { recursive: true });
  const packed = [...new Set(haves)].sort().map((oid) => `${oid} ${HAVES}${oid}\n`);
  const isNewFormat = haves.some((oid) => oid.length === 64);
  await Promise.all([
    writeFile(join(gitDir, "HEAD"), "ref: refs/heads/none\n"),
    writeFile(join(gitDir, "config"), isNewFormat ? SHA256 : SHA1),
    writeFile(join(gitDir, "packed-refs"), ["# pack-refs with: sorted \n", ...packed].join("")),
    writeFile(join(gitDir, "objects", "info", "alternates"), [objects, ...others, ""].join("\n")),
  ]);
  return { gitDir, objects, [Symbol.asyncDispose]: remove };
}

const SHA1 = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
const SHA256 =
  "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n";

/**
 * What refs are that git has just written one by one, as it writes what it fetches. Undefined when one of them is not there so: git has
 * to be asked.
 */
export async function readLooseRefs(
  gitDir: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const read = async (name: string): Promise<readonly [string, string]> => {
    const oid = (await readFile(join(gitDir, name), "latin1")).trimEnd();
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(oid)) throw new Error("no object id");
    return [name, oid];
  };
  return Promise.all(names.map(read)).then(
    (refs) => new Map(refs),
    () => undefined,
  );
}
