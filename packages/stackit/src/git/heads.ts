import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { displayName } from "./ref-name.ts";

/** Where a HEAD points, by its file. `unknown`: not kept in a file, as with reftable. */
export type HeadFile =
  | { readonly kind: "ref"; readonly ref: string }
  | { readonly kind: "oid"; readonly oid: string }
  | { readonly kind: "unknown" };

/** @throws the system's error when there is no HEAD. */
export async function readHeadFile(gitDir: string): Promise<HeadFile> {
  return parseHead(await readFile(join(gitDir, "HEAD"), "latin1"));
}

export function parseHead(text: string): HeadFile {
  // Not `trim`: a name may end in a byte that alone would be a space, as "voilà" does.
  const line = text.replace(/[ \t\r\n]+$/, "");
  const ref = /^ref:[ \t]*(.+)$/.exec(line)?.[1];
  if (ref === "refs/heads/.invalid") return { kind: "unknown" };
  if (ref !== undefined) return { kind: "ref", ref: displayName(ref) };
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(line) ? { kind: "oid", oid: line } : { kind: "unknown" };
}

/** Full names of the refs that the main worktree and every linked one have checked out. Broken ones are passed over. */
export async function readCheckedOut(commonDir: string): Promise<Set<string>> {
  const linked = await readdir(join(commonDir, "worktrees")).catch(() => []);
  const folders = [commonDir, ...linked.map((name) => join(commonDir, "worktrees", name))];
  const heads = await Promise.all(folders.map((folder) => readHeadFile(folder).catch(() => undefined)));
  return new Set(heads.flatMap((head) => (head?.kind === "ref" ? [head.ref] : [])));
}
