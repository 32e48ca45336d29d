import { failureOf, GitError } from "./git-error.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";

export interface ObjectFacts {
  readonly type: string;
  /** In bytes. */
  readonly size: number;
}

/** What each of these objects is, by its id, whether it is named by that or by a path in a commit, without a look at its content. What is not here is absent. @throws {GitError} */
export async function objectFacts(
  git: ReadOnlyGit,
  oids: readonly string[],
  options: RunOptions,
): Promise<Map<string, ObjectFacts>> {
  const facts = new Map<string, ObjectFacts>();
  if (oids.length === 0) return facts;
  const args = ["--batch-command", "--buffer"];
  const input = `${oids.map((oid) => `info ${oid}\n`).join("")}flush\n`;
  const { stdout, stderr, exitCode } = await git.run("cat-file", args, {
    ...options,
    input,
    okExitCodes: [128],
  });
  // A partial clone ends git at the first object that it misses.
  if (exitCode !== 0 && failureOf(stderr) !== "missing-object") {
    throw new GitError("failed", { args: ["cat-file", ...args], exitCode, stderr });
  }
  for (const line of stdout.toString("latin1").split("\n")) {
    const [oid = "", type = "", size] = line.split(" ");
    if (size !== undefined) facts.set(oid, { type, size: Number(size) });
  }
  return facts;
}

/** @throws {GitError} also when it is larger. */
export async function readBlob(
  git: ReadOnlyGit,
  oid: string,
  options: RunOptions & { readonly maxBytes: number },
): Promise<Buffer> {
  const args = ["blob", oid];
  const { stdout } = await git.run("cat-file", args, { ...options, maxOutputBytes: options.maxBytes });
  return stdout;
}
