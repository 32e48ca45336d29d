import type { RepoSummary } from "stackit/contract/repo";
import type { View } from "stackit/contract/view";
import { keyName, type ShortcutId, shortcuts } from "../../keyboard/shortcuts.ts";
import { plainList, type RepositoryRoute, type Route, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { nameOf } from "../repositories/attention.ts";
import { branchTitle } from "../stacks/branch-state.ts";

/** In the order in which groups are shown. */
export type ItemKind = "action" | "repository" | "stack" | "branch" | "pull request" | "person";

export interface Item {
  /** Stays the same for the same thing, whatever is said of it. */
  readonly id: string;
  readonly kind: ItemKind;
  readonly label: string;
  readonly detail?: string;
  /** How it is pressed without the palette. */
  readonly keys?: string;
  readonly goal: Goal;
  /** In lower case; what the words of a question are looked for in, the label first. */
  readonly text: string;
  /** Of a branch; found by its first seven characters and more. */
  readonly revision?: string;
  /** Of a pull request. */
  readonly number?: number;
}

export type Goal = { route: Route } | { action: ShortcutId };

/** Left out: what moves within the palette itself, or opens what is open. */
const notOffered: ReadonlySet<ShortcutId> = new Set([
  "nextRow",
  "previousRow",
  "firstRow",
  "lastRow",
  "openRow",
  "close",
  "palette",
]);

/** What the keys mean on this page now. */
export function actionItems(active: readonly ShortcutId[]): Item[] {
  return active
    .filter((id) => !notOffered.has(id))
    .map((id) => {
      const { label, keys, where } = shortcuts[id];
      return item("action", id, label, { action: id }, { detail: where, keys: keyName(keys[0]) });
    });
}

export function repositoryItems(repos: readonly RepoSummary[]): Item[] {
  return repos.map((repo) => {
    const route = repositoryRoute(refOf(repo));
    return item("repository", repo.id, nameOf(repo), { route }, { detail: repo.trunk });
  });
}

/** Pages beside those of repositories, for who may see them. */
export function pageItems(repos: readonly RepoSummary[], takesWebhooks: boolean): Item[] {
  if (!takesWebhooks || !repos.some(({ role }) => role === "operator")) return [];
  const route = { page: "webhooks", repo: undefined, result: "all" } as const;
  return [item("action", "webhooks", "Webhook deliveries", { route }, { detail: "For operators" })];
}

/** Everything in the repository of `route` that one may want to go to. */
export function viewItems(view: View, route: RepositoryRoute): Item[] {
  const to = (branch: string) => ({ route: { ...repositoryRoute(route.repo), branch } });
  const items: Item[] = [];
  const people = new Set<string>();
  for (const stack of view.stacks) {
    if (stack.owner) people.add(stack.owner);
    const goal = { route: { ...repositoryRoute(route.repo), stack: stack.id } };
    items.push(item("stack", stack.id, stack.title, goal, { detail: stack.rootBranch }));
    for (const branch of stack.branches) {
      const { name, revision, pr } = branch;
      const title = branchTitle(branch);
      const detail = title === name ? stack.title : title;
      items.push(item("branch", name, name, to(name), { detail, revision }));
      if (pr) {
        const { number } = pr;
        items.push(
          item("pull request", `${number}`, `#${number} ${title}`, to(name), { detail: name, number }),
        );
      }
    }
  }
  for (const name of people) {
    const q = /\s/.test(name) ? `owner:"${name}"` : `owner:${name}`;
    const found = { ...repositoryRoute(route.repo), list: { ...plainList, q } };
    items.push(item("person", name, name, { route: found }, { detail: "their stacks" }));
  }
  return items;
}

function item(
  kind: ItemKind,
  id: string,
  label: string,
  goal: Goal,
  more: { detail?: string; keys?: string; revision?: string; number?: number },
): Item {
  const text = `${label}\n${more.detail ?? ""}`.toLowerCase();
  return { id: `${kind}:${id}`, kind, label, goal, text, ...more };
}
