import { expect, onTestFinished } from "vitest";
import type { ForgeHealth } from "../../src/contract/repo.ts";
import { fixedTokens } from "../../src/forge/api-tokens.ts";
import { GithubChannel } from "../../src/forge/github-channel.ts";
import { GithubPullRequests } from "../../src/forge/github-pull-requests.ts";
import type { ForgeKnowledge } from "../../src/repos/forge-knowledge.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { ForgeWatch } from "../../src/sync/pull-requests/forge-watch.ts";
import { type GithubDouble, githubDouble } from "./github-double.ts";
import { ManualClock } from "./manual-clock.ts";
import { testSecret } from "./test-secret.ts";

export const TOKEN = testSecret("a-token-of-a-person");
export const MINUTE_MS = 60_000;
export const STEP_MS = MINUTE_MS / 4;

/** What a watch shows things to. */
export class Shown {
  readonly id = "widget";
  readonly place = { owner: "octo", name: "widget" };
  readonly refs = new Map<string, string>();
  readonly snapshot = { generation: 1 };
  forge: ForgeHealth | undefined;
  knowledge: ForgeKnowledge | undefined;

  showForge(knowledge: ForgeKnowledge): void {
    this.knowledge = knowledge;
  }

  get states(): Record<string, string | undefined> {
    const all = this.knowledge?.pullRequests ?? new Map();
    return Object.fromEntries(
      [...all].map(([branch, { state, checks }]) => [
        branch,
        state === "open" ? `open ${checks?.state}` : state,
      ]),
    );
  }
}

export interface WatchedForge {
  readonly github: GithubDouble;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly repo: Shown;
  readonly watch: ForgeWatch;
  readonly healths: string[];
  /** Another watch on what is stored, as after a restart. */
  restarted(): Promise<{ repo: Shown; watch: ForgeWatch }>;
  /** Lets time pass, and waits until what was asked meanwhile is answered. */
  pass(ms: number): Promise<void>;
}

/** A forge with the repository `octo/widget`, which is watched, on a clock moved by hand. Released when the test ends. */
export async function watchedForge(): Promise<WatchedForge> {
  const clock = new ManualClock();
  const github = await githubDouble({ wallNow: () => clock.wallNow() });
  github.personalTokens.add(TOKEN);
  github.addRepository("octo/widget");
  const store = await openStore(":memory:");
  const channel = new GithubChannel({ apiUrl: github.apiUrl, clock });
  const healths: string[] = [];
  const watches: ForgeWatch[] = [];
  async function restarted() {
    const repo = new Shown();
    const watch = new ForgeWatch(store.forgeFacts, {
      clock,
      random: () => 0.5,
      onHealth: (_id, _generation, { health }) => healths.push(health),
      onError: (error) => healths.push(String(error)),
    });
    watches.push(watch);
    await watch.watch(repo, "mirror:widget", new GithubPullRequests(channel, fixedTokens(TOKEN), clock));
    return { repo, watch };
  }
  const { repo, watch } = await restarted();
  onTestFinished(async () => {
    for (const each of watches) await each[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await github[Symbol.asyncDispose]();
  });
  return {
    github,
    clock,
    store,
    repo,
    watch,
    healths,
    restarted,
    async pass(ms) {
      for (let left = ms; left >= 0; left -= STEP_MS) {
        await clock.advance(Math.min(left, STEP_MS));
        // It sets its timer when nothing is asked any more.
        await expect.poll(() => clock.pendingTimers).toBeGreaterThan(0);
      }
    },
  };
}
