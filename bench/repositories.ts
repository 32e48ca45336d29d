import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Size {
  readonly branches: number;
  readonly stacks: number;
  readonly trunkCommits: number;
  readonly files: number;
}

export const SIZES: readonly Size[] = [
  { branches: 50, stacks: 12, trunkCommits: 2_000, files: 500 },
  { branches: 1_000, stacks: 250, trunkCommits: 20_000, files: 2_000 },
  { branches: 10_000, stacks: 2_500, trunkCommits: 100_000, files: 10_000 },
];

/** A repository of this size, made once and kept in `folder`. */
export async function cachedRepository(size: Size, folder: string): Promise<string> {
  const isUsual = SIZES.includes(size);
  const kept = join(folder, `${size.branches}-branches${isUsual ? "" : `-${size.trunkCommits}-trunk`}.git`);
  if (existsSync(kept)) return kept;
  await mkdir(folder, { recursive: true });
  const unfinished = `${kept}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  process.stderr.write(`Making a repository of ${size.branches} branches (once) …\n`);
  const maker = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("make-repo.mjs", import.meta.url)),
      ...["--out", unfinished, "--branches", String(size.branches), "--stacks", String(size.stacks)],
      ...["--trunk-commits", String(size.trunkCommits), "--files", String(size.files)],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const [code] = await once(maker, "close");
  if (code !== 0) throw new Error(`the repository could not be made (${code})`);
  await rename(unfinished, kept);
  return kept;
}

/** A copy that may be changed. */
export async function scratchCopy(repository: string): Promise<string> {
  const copy = `${repository.replace(/\.git$/, "")}-scratch-${process.pid}.git`;
  await cp(repository, copy, { recursive: true });
  return copy;
}
