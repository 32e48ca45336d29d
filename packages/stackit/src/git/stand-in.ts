import { copyFile, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitConfig } from "./config-list.ts";

/** The repository that a stand-in is made for. */
export interface Original {
  readonly gitDir: string;
  /** The commit that it has checked out. */
  readonly head: string;
  readonly config: GitConfig;
  /** A line for each ref: object id, space, full name. Sorted by name, byte by byte. */
  readonly refs: Buffer;
}

/** How files are compared with what git has of them. None of these names a program, a path or a remote. */
const SETTINGS = [
  "core.autocrlf",
  "core.checkstat",
  "core.eol",
  "core.filemode",
  "core.ignorecase",
  "core.precomposeunicode",
  "core.sparsecheckout",
  "core.sparsecheckoutcone",
  "core.symlinks",
  "core.trustctime",
  "extensions.objectformat",
];
const FILES = ["attributes", "exclude", "sparse-checkout"];

/**
 * Makes `dir` a Git folder that stands for another one whose configuration is not to be trusted: it knows the same commit and the
 * same refs, and has no objects and no index of its own. Git that is given this folder, and by its environment those of the
 * other, meets no filter, hook, helper, rewritten URL or proxy that somebody may have configured there. What was in `dir` is gone.
 */
export async function makeStandIn(dir: string, { gitDir, head, config, refs }: Original): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  for (const folder of ["refs", "objects", "info"]) {
    await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
  }
  await writeFile(join(dir, "HEAD"), `${head}\n`);
  await writeFile(join(dir, "config"), settingsOf(config));
  await writeFile(
    join(dir, "packed-refs"),
    Buffer.concat([Buffer.from("# pack-refs with: sorted \n"), refs]),
  );
  for (const name of FILES) {
    const file = join(gitDir, "info", name);
    if ((await lstat(file).catch(() => undefined))?.isFile()) await copyFile(file, join(dir, "info", name));
  }
}

function settingsOf(config: GitConfig): string {
  const lines = SETTINGS.flatMap((key) => {
    const value = config.get(key) ?? "";
    const [section, name] = key.split(".");
    return /^[a-z0-9]+$/i.test(value) ? [`[${section}]\n\t${name} = ${value}\n`] : [];
  });
  return `[core]\n\trepositoryformatversion = 1\n\tbare = false\n${lines.join("")}`;
}
