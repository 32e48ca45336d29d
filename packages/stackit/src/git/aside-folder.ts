import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where refs stand that are only known so that their objects need not be fetched. */
export const HAVES = "refs/have/";

/** A Git folder within another one, with refs of its own and the other's objects. */
export interface AsideFolder extends AsyncDisposable {
  readonly gitDir: string;
  /** Where new objects go: those of the folder around it. */
  readonly objects: string;
}

/**
 * Makes it without a process. One at a time; what a killed process left of one is removed. Disposal removes the folder, and leaves the
 * objects.
 */
export async function makeAside(around: string, haves: readonly string[]): Promise<AsideFolder> {
  const gitDir = join(around, "stackit-aside");
  const objects = join(around, "objects");
  const remove = () => rm(gitDir, { recursive: true, force: true });
  await remove();
  await mkdir(join(gitDir, "refs"), { recursive: true });
  await mkdir(join(gitDir, "objects", "info"), { recursive: true });
  const packed = haves.map((oid, index) => `${oid} ${HAVES}${String(index).padStart(6, "0")}\n`);
  const isNewFormat = haves.some((oid) => oid.length === 64);
  await Promise.all([
    writeFile(join(gitDir, "HEAD"), "ref: refs/heads/none\n"),
    writeFile(join(gitDir, "config"), isNewFormat ? SHA256 : SHA1),
    writeFile(join(gitDir, "packed-refs"), ["# pack-refs with: sorted \n", ...packed].join("")),
    writeFile(join(gitDir, "objects", "info", "alternates"), `${objects}\n`),
  ]);
  return { gitDir, objects, [Symbol.asyncDispose]: remove };
}

const SHA1 = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
const SHA256 =
  "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n";
