import { createHash } from "node:crypto";
import type { Branch, StackDetail, View, ViewChanges } from "../contract/view.ts";
import type { ServedRepo } from "../repos/served-repo.ts";

/** How many views of a repository are remembered. */
const REMEMBERED = 8;

interface Digests {
  readonly order: string;
  readonly recentlyMerged: string;
  readonly unstacked: string;
  /** By root. */
  readonly stacks: ReadonlyMap<string, string>;
}

/** What the views were that somebody read lately, as digests of their parts, so that what changed since can be told. */
export class ViewHistory {
  readonly #told = new WeakMap<ServedRepo, Map<string, Digests>>();
  /** A branch that nothing changed is the same object in the next view. */
  readonly #ofBranch = new WeakMap<Branch, string>();

  knows(repo: ServedRepo, tag: string): boolean {
    return this.#told.get(repo)?.has(tag) ?? false;
  }

  /** Remembers the view that was told under a tag. */
  note(repo: ServedRepo, tag: string, view: View): void {
    if (!this.knows(repo, tag)) this.#remember(repo, tag, this.#digest(view));
  }

  /** What is another in `view`, which is told under `tag`, than in the one that was told under `since`. */
  changes(repo: ServedRepo, since: string, { tag, view }: { tag: string; view: View }): ViewChanges {
    this.note(repo, tag, view);
    const views = this.#told.get(repo);
    const [before, now] = [views?.get(since), views?.get(tag)];
    const differs = (part: Exclude<keyof Digests, "stacks">) => before?.[part] !== now?.[part] || !before;
    const { generation, recentlyMerged, unstacked, stacks } = view;
    return {
      generation,
      tag,
      isWhole: before === undefined,
      repo: view.repo,
      stacks: stacks.filter(
        ({ rootBranch }) => !before || before.stacks.get(rootBranch) !== now?.stacks.get(rootBranch),
      ),
      ...(differs("order") && { order: rootsOf(view) }),
      ...(differs("recentlyMerged") && { recentlyMerged }),
      ...(differs("unstacked") && { unstacked }),
    };
  }

  #remember(repo: ServedRepo, tag: string, digests: Digests): void {
    const views = this.#told.get(repo) ?? new Map<string, Digests>();
    this.#told.set(repo, views.set(tag, digests));
    const [oldest] = views.keys();
    if (views.size > REMEMBERED && oldest !== undefined) views.delete(oldest);
  }

  #digest(view: View): Digests {
    return {
      order: digestOf(rootsOf(view)),
      recentlyMerged: digestOf(view.recentlyMerged),
      unstacked: digestOf(view.unstacked),
      stacks: new Map(view.stacks.map((stack) => [stack.rootBranch, this.#digestOfStack(stack)])),
    };
  }

  #digestOfStack({ branches, ...stack }: StackDetail): string {
    const digests = branches.map((branch) => {
      const known = this.#ofBranch.get(branch) ?? digestOf(branch);
      this.#ofBranch.set(branch, known);
      return known;
    });
    return digestOf([stack, digests]);
  }
}

function rootsOf({ stacks }: View): string[] {
  return stacks.map(({ rootBranch }) => rootBranch);
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}
