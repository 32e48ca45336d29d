import type { Item, ItemKind } from "./items.ts";

export interface Group {
  readonly kind: ItemKind | "recent";
  readonly items: readonly Item[];
}

const SHOWN_IN_GROUP = 8;
const order: readonly ItemKind[] = ["action", "repository", "stack", "branch", "pull request", "person"];

/**
 * What a question finds, the best of each kind first, the kind with the best find first. `>` asks for actions only, `#` for pull
 * requests only; seven characters of a commit's id find the branch at it. An empty question finds what was gone to lately.
 */
export function findItems(items: readonly Item[], question: string, recent: readonly string[]): Group[] {
  const text = question.trim().toLowerCase();
  if (text === "") return whatIsNear(items, recent);
  const only = text.startsWith(">") ? "action" : text.startsWith("#") ? "pull request" : undefined;
  const words = text.replace(/^[>#]/, "").split(/\s+/).filter(Boolean);
  const found = new Map<ItemKind, { item: Item; score: number }[]>();
  for (const item of items) {
    if (only !== undefined && item.kind !== only) continue;
    const score = scoreOf(item, words);
    if (score === 0) continue;
    const known = found.get(item.kind);
    if (known) known.push({ item, score });
    else found.set(item.kind, [{ item, score }]);
  }
  return order
    .flatMap((kind) => {
      const best = found.get(kind)?.toSorted((a, b) => b.score - a.score) ?? [];
      const first = best[0];
      return first
        ? [{ kind, score: first.score, items: best.slice(0, SHOWN_IN_GROUP).map(({ item }) => item) }]
        : [];
    })
    .toSorted((a, b) => b.score - a.score);
}

function whatIsNear(items: readonly Item[], recent: readonly string[]): Group[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const known = recent.flatMap((id) => byId.get(id) ?? []);
  const of = (kind: ItemKind) =>
    items.filter((item) => item.kind === kind && !recent.includes(item.id)).slice(0, SHOWN_IN_GROUP);
  const groups: Group[] = [
    { kind: "recent", items: known },
    { kind: "action", items: of("action") },
    { kind: "repository", items: of("repository") },
  ];
  return groups.filter((group) => group.items.length > 0);
}

/** 0: a word is missing. Whole beginnings count more than beginnings of words, and those more than what is within. */
function scoreOf({ text, label, revision, number }: Item, words: readonly string[]): number {
  let score = 0;
  for (const word of words) {
    if (/^[0-9a-f]{7,64}$/.test(word) && revision?.startsWith(word)) score += 1000;
    else if (number !== undefined && String(number) === word) score += 1000;
    else {
      const at = text.indexOf(word);
      if (at < 0) return 0;
      if (at === 0) score += 100;
      else score += beginsWord(text, word, at) ? 60 : 20;
      // What is found in the label is nearer than what is found beside it.
      if (at < label.length) score += 10;
    }
  }
  return words.length === 0 ? 1 : score / words.length + 10 / (10 + label.length);
}

function beginsWord(text: string, word: string, first: number): boolean {
  for (let at = first; at >= 0; at = text.indexOf(word, at + 1)) {
    if (/[^\p{L}\p{N}]/u.test(text[at - 1] ?? " ")) return true;
  }
  return false;
}
