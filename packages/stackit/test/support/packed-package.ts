import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const MINUTE_MS = 60_000;

/** The environment of a person who stands in no workspace and has chosen nothing. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_"))),
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
};

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

export interface InstalledPackage {
  /** What was installed beside it, by its place in the folder. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
  /** The file that the command `stackit` is. */
  readonly program: string;
  /** Calls it as a shell would, on the Node of this test. @throws when it fails. */
  stackit(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }>;
}

export interface PackedPackage {
  /** In its folder, which is where it was packed. */
  readonly filename: string;
  readonly integrity: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs what `npm publish` would send, from what is built. */
export async function packPackage(folder: string): Promise<PackedPackage> {
  const from = join(root, "packages/stackit");
  const { stdout } = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], from);
  const [packed]: PackedPackage[] = JSON.parse(stdout);
  if (!packed) throw new Error("npm packed nothing");
  return packed;
}

/**
 * Installs the packed package in its folder, with exactly those packages beside it that it asks for, in the versions of the lock
 * file: what was tested is what is tried, whatever was published today. @throws when the registry is out of
 * reach and npm has not kept them.
 */
export async function installPackage(folder: string, packed: PackedPackage): Promise<InstalledPackage> {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
    await readFile(join(root, "package-lock.json"), "utf8"),
  );
  const own: LockedPackage = JSON.parse(await readFile(join(root, "packages/stackit/package.json"), "utf8"));
  const needed = neededBy(own, lock.packages);
  const dependencies = { stackit: `file:${packed.filename}` };
  const stackit = { ...own, resolved: dependencies.stackit, integrity: packed.integrity };
  const packages = { "": { dependencies }, "node_modules/stackit": stackit, ...needed };
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  await writeFile(
    join(folder, "package-lock.json"),
    JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
  );
  await npm(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  const program = join(folder, "node_modules/.bin/stackit");
  return {
    packages: needed,
    program,
    stackit: (args, cwd) => promisify(execFile)(program, args, { cwd, env, timeout: MINUTE_MS }),
  };
}

/** Of what a lock file places, all that is found on the way from `own`. */
function neededBy(
  own: LockedPackage,
  placed: Readonly<Record<string, LockedPackage>>,
): Record<string, LockedPackage> {
  const needed: Record<string, LockedPackage> = {};
  const open: [place: string, of: LockedPackage][] = [["", own]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, { dependencies, optionalDependencies }] = next;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = placeOf(name, from, placed);
      const found = placed[place];
      if (!found) throw new Error(`the lock file has no ${name}`);
      if (needed[place]) continue;
      needed[place] = found;
      open.push([place, found]);
    }
  }
  return needed;
}

/** Where Node finds `name` from the package at `from`: in the nearest folder upwards. */
function placeOf(name: string, from: string, placed: Readonly<Record<string, LockedPackage>>): string {
  for (
    let folder = from;
    folder !== "";
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))
  ) {
    const place = `${folder}/node_modules/${name}`;
    if (placed[place]) return place;
  }
  return `node_modules/${name}`;
}

function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return promisify(execFile)("npm", args, { cwd, env, timeout: 2 * MINUTE_MS, maxBuffer: 64 * 2 ** 20 });
}
