import type { Ops } from "stackit/contract/ops";
import { problemOf } from "stackit/contract/problems";
import type { RepoSummary } from "stackit/contract/repo";
import { count, formatBytes, formatNumber } from "../../lib/words.ts";
import { failureWords, healthNow, type Tone } from "../freshness/freshness-words.ts";

/** Something that wants an operator, with all that it is the cause of. */
export interface Concern {
  /** The same as long as it is the same cause. */
  readonly key: string;
  readonly tone: Extract<Tone, "bad" | "warn">;
  readonly title: string;
  /** What to do about it. */
  readonly mend: string | undefined;
  /** Where a sync may settle it, and where only somebody who looks. */
  readonly way: "sync" | "look";
  readonly repos: readonly { readonly repo: RepoSummary; readonly why: string | undefined }[];
}

/** Below this a disk is nearly full, and a forge nearly used up. */
const SCARCE = 0.1;
/** GitHub gives so many requests an hour at least. */
const USUAL_QUOTA = 5_000;

/** One concern for each cause, those that stop something first. */
export function concernsOf(repos: readonly RepoSummary[], ops: Ops, now: number): Concern[] {
  const ofServer: Concern[] = [];
  const { disk, forge } = ops;
  if (disk && disk.freeBytes < disk.totalBytes * SCARCE) {
    const title = `The disk is nearly full: ${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} are free`;
    ofServer.push({ ...NOTHING, key: "disk", title, mend: "Free some space below the data folder." });
  }
  if (forge.quotaRemaining !== undefined && forge.quotaRemaining < USUAL_QUOTA * SCARCE) {
    const title = `GitHub answers only ${formatNumber(forge.quotaRemaining)} more requests this hour`;
    const mend = "Pull requests are asked for less often until then. A GitHub App has more to spend.";
    ofServer.push({ ...NOTHING, key: "quota", title, mend });
  }
  const groups = new Map<string, { concern: Omit<Concern, "repos">; repos: Concern["repos"][number][] }>();
  const add = (concern: Omit<Concern, "repos">, repo: RepoSummary, why: string | undefined) => {
    const group = groups.get(concern.key) ?? { concern, repos: [] };
    group.repos.push({ repo, why });
    groups.set(concern.key, group);
  };
  for (const repo of repos) {
    const { freshness, forge: pulls, hook } = repo;
    const health = healthNow(freshness, now);
    if (health === "failing") {
      const code = freshness.lastAttempt?.code ?? "";
      const problem = problemOf(code);
      const title = problem?.title ?? "The last attempt failed";
      add({ key: code, tone: "bad", title, mend: problem?.mend, way: "sync" }, repo, failureWords(freshness));
    } else if (freshness.lastAttempt?.outcome === "held") {
      const mend = "Open the repository and confirm it there, or wait: a second look settles it.";
      add({ key: "held", tone: "warn", title: "A change is held back", mend, way: "sync" }, repo, undefined);
    } else if (health === "late") {
      const mend = "Runs may be waiting for a slot: look at the queue.";
      add(
        { key: "late", tone: "warn", title: "Not synced for too long", mend, way: "sync" },
        repo,
        undefined,
      );
    }
    if (pulls?.health === "failing") {
      const title = "Pull requests cannot be read";
      add({ key: "forge", tone: "warn", title, mend: undefined, way: "sync" }, repo, pulls.reason);
    }
    if (hook?.health === "silent") {
      const title = "A change came that no webhook announced";
      const mend = "Changes are found by looking until a webhook announces pushes again.";
      add({ key: "hook", tone: "warn", title, mend, way: "look" }, repo, undefined);
    }
  }
  const ofRepos = [...groups.values()].map(({ concern, repos: those }) => ({ ...concern, repos: those }));
  return [...ofServer, ...ofRepos].sort(
    (a, b) => Number(a.tone === "warn") - Number(b.tone === "warn") || b.repos.length - a.repos.length,
  );
}

const NOTHING = { tone: "warn", way: "look", repos: [] } as const;

/** "3 need you", "Nothing needs you". */
export function needsWords(concerns: readonly Concern[]): string {
  if (concerns.length === 0) return "Nothing needs you";
  return concerns.length === 1 ? "1 thing needs you" : `${formatNumber(concerns.length)} things need you`;
}

/** A title with how many it is about. */
export function concernWords({ title, repos }: Concern): string {
  return repos.length === 0 ? title : `${title}: ${count(repos.length, "repository", "repositories")}`;
}
