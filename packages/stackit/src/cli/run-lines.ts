import type { RefChange, SyncRun } from "../contract/sync-run.ts";
import type { Paint, Style } from "./terminal.ts";

const STYLES: Readonly<Record<NonNullable<SyncRun["outcome"]>, Style>> = {
  updated: "green",
  unchanged: "dim",
  partial: "yellow",
  held: "yellow",
  failed: "red",
};

const HEADS = /^refs\/heads\//;

/** What a run found, in the manner of `git fetch`, and which stacks that touched. */
export function runLines(run: SyncRun, paint: Paint): string[] {
  const outcome = run.outcome ?? "failed";
  const took = run.durationMs === undefined ? "" : ` in ${formatMs(run.durationMs)}`;
  const generation = run.generation === undefined ? "" : `, generation ${run.generation}`;
  const lines = [`${run.repoId}: ${paint(STYLES[outcome], outcome)}${took}${generation}`];
  if (run.repair) lines.push(`   ${repairWords(run.repair)}`);
  if (run.recloned) lines.push("   the mirror has been cloned anew");
  for (const change of run.refs.changes) lines.push(changeLine(change, paint));
  const { created, updated, deleted, truncated, changes } = run.refs;
  if (truncated) lines.push(`   … and ${created + updated + deleted - changes.length} more refs`);
  for (const [word, roots] of Object.entries(run.stacks)) {
    if (roots.length > 0) lines.push(`stacks ${word}: ${roots.join(", ")}`);
  }
  for (const { ref, expected, actual } of run.unmet ?? []) {
    const wanted = expected === null ? "gone" : `at ${short(expected)}`;
    const found = actual === undefined ? "it is not there" : `it is at ${short(actual)}`;
    lines.push(`${ref.replace(HEADS, "")} was to be ${wanted}; ${found}`);
  }
  if (run.hold) {
    const { id, branchesBefore, branchesAfter, wouldRemove, confirmsAt } = run.hold;
    lines.push(
      `${branchesBefore - branchesAfter} of ${branchesBefore} branches would vanish: ${wouldRemove.slice(0, 10).join(", ")}${wouldRemove.length > 10 ? ", …" : ""}`,
      `Let it through with: stackit sync ${run.repoId} --confirm ${id} (a second look does so by itself at ${confirmsAt})`,
    );
  }
  return lines;
}

function repairWords({ leftovers }: NonNullable<SyncRun["repair"]>): string {
  const removed = leftovers === 1 ? "1 file was" : `${leftovers === 0 ? "no" : leftovers} files were`;
  return `every object has been read; ${removed} left by a killed git${leftovers === 0 ? "" : ", and removed"}`;
}

function changeLine({ ref, kind, old, new: now }: RefChange, paint: Paint): string {
  const name = ref.replace(HEADS, "");
  switch (kind) {
    case "created":
      return ` ${paint("green", "*")} ${label("new", ref)}  ${name}`;
    case "deleted":
      return ` ${paint("red", "-")} ${label("gone", ref)}  ${name}`;
    case "forward":
      return `   ${short(old)}..${short(now)}   ${name}`;
    case "rewritten":
      return ` ${paint("yellow", "+")} ${short(old)}...${short(now)}  ${name}`;
  }
}

function label(word: string, ref: string): string {
  const thing = ref.startsWith("refs/heads/")
    ? "branch"
    : ref.startsWith("refs/stackit/")
      ? "metadata"
      : "ref";
  return `[${word} ${thing}]`.padEnd(17);
}

function short(id: string | undefined): string {
  return (id ?? "").slice(0, 7).padEnd(7);
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
