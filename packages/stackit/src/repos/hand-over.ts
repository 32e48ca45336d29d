import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RefEdit } from "../git/checkout-git.ts";
import { readHeadFile } from "../git/heads.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import { HEADS, MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { CheckoutRefusedError } from "./checkout-refusal.ts";
import { type ExaminedCheckout, listAllRefs, parseRefs } from "./examine-checkout.ts";
import { withHeadLock } from "./head-lock.ts";

const MARKER = "stackit-checkout.json";
/** What was found in a checkout and is on no branch of its remote stays here, below the time and under its name. */
const FOUND = "refs/stackit-found/";

type Refs = ReadonlyMap<string, string>;

/**
 * Makes the branches of a checkout those of `mirror`. Its HEAD is left at the commit that it is at, by itself; index and files are
 * not touched. Whoever is killed in the midst of it leaves HEAD as it was or detached at the same commit, and for the next time
 * what is not done. Returns where commits were kept that are not on the remote.
 * @throws {CheckoutRefusedError} when somebody is at work in it, {GitError} or the system's error
 */
export async function handOver(
  spawner: Spawner,
  checkout: ExaminedCheckout,
  mirror: { readonly id: string; readonly dir: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { gitDir, git, head } = checkout;
  const wanted = parseRefs(
    await listAllRefs(new ReadOnlyGit(spawner, mirror.dir), signal, MIRRORED_PREFIXES),
  );
  const found = mirroredOnly(checkout.refs);
  const edits = differences(found, wanted);
  const coming = edits.flatMap(({ new: oid }) => oid ?? []);
  if (coming.length > 0) await git.bring(mirror.dir, coming, { signal, timeoutMs: 600_000 });
  const isAsLeft = (await readMarker(gitDir)) === fingerprint(found);
  const kept = isAsLeft ? [] : await keep(new ReadOnlyGit(spawner, gitDir), edits, wanted, signal);

  if (!checkout.isDetached) await detach(checkout, signal);
  const gone = edits.filter((edit) => edit.new === undefined);
  const moved = edits.filter((edit) => edit.new !== undefined);
  await withHeadLock(gitDir, head, async () => {
    // First what is gone: a branch `a` stands in the way of `a/b`.
    await git.edit([...kept, ...gone], { signal });
    await git.edit(moved, { signal });
  });
  await writeMarker(gitDir, mirror.id, fingerprint(wanted));
  return kept.map(({ ref }) => ref);
}

async function detach({ gitDir, git, head }: ExaminedCheckout, signal: AbortSignal): Promise<void> {
  await git.detach(head, { signal });
  const now = await readHeadFile(gitDir);
  if (now.kind === "oid" && now.oid === head) return;
  throw new CheckoutRefusedError("Its HEAD could not be detached.", "It is tried again by itself.", {
    passes: true,
  });
}

function mirroredOnly(refs: Refs): Refs {
  return new Map([...refs].filter(([ref]) => MIRRORED_PREFIXES.some((prefix) => ref.startsWith(prefix))));
}

function differences(found: Refs, wanted: Refs): RefEdit[] {
  const gone = [...found].flatMap(([ref, old]) => (wanted.has(ref) ? [] : [{ ref, old }]));
  const moved = [...wanted].flatMap(([ref, oid]) => {
    const old = found.get(ref);
    return old === oid ? [] : [{ ref, new: oid, ...(old !== undefined && { old }) }];
  });
  return [...gone, ...moved];
}

/** What would be lost with the refs that go or move: commits that no branch of the remote leads to, and records of branches. */
async function keep(
  git: ReadOnlyGit,
  edits: readonly RefEdit[],
  wanted: Refs,
  signal: AbortSignal,
): Promise<RefEdit[]> {
  const lost = edits.flatMap(({ ref, old }) => (old === undefined ? [] : [{ ref, old }]));
  const tips = lost.filter(({ ref }) => ref.startsWith(HEADS)).map(({ old }) => old);
  const there = [...wanted].filter(([ref]) => ref.startsWith(HEADS)).map(([, oid]) => `^${oid}`);
  const input = `${[...tips, ...there].join("\n")}\n`;
  const { stdout } =
    tips.length > 0 ? await git.run("rev-list", ["--stdin"], { signal, input }) : { stdout: "" };
  const unpushed = new Set(stdout.toString().split("\n"));
  const time = new Date().toISOString().replace(/[-:.]/g, "");
  return lost
    .filter(({ ref, old }) => !ref.startsWith(HEADS) || unpushed.has(old))
    .map(({ ref, old }) => ({ ref: `${FOUND}${time}/${ref.slice("refs/".length)}`, new: old }));
}

/** Equal for equal branches: whoever finds what we left knows that all of it came from the remote. */
function fingerprint(refs: Refs): string {
  const lines = [...refs].map(([ref, oid]) => `${oid} ${ref}\n`).sort();
  return createHash("sha256").update(lines.join(""), "latin1").digest("hex");
}

async function readMarker(gitDir: string): Promise<string | undefined> {
  const text = await readFile(join(gitDir, MARKER), "utf8").catch(() => "");
  return /^\{"version":1,.*"branches":"([0-9a-f]{64})"\}$/m.exec(text)?.[1];
}

async function writeMarker(gitDir: string, id: string, branches: string): Promise<void> {
  const path = join(gitDir, MARKER);
  if ((await readMarker(gitDir)) === branches) return;
  await writeFile(`${path}.new`, `${JSON.stringify({ version: 1, id, branches })}\n`);
  await rename(`${path}.new`, path);
}
