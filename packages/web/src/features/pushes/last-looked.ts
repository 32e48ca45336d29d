import { useEffect } from "react";
import { read, write } from "../../ui/use-stored.ts";

/** Beyond so many branches of a repository the one that was looked at longest ago is forgotten. */
const MAX_BRANCHES = 500;

/** The head of a branch that was looked at last, and the other one before it. */
export interface Look {
  branch: string;
  head: string;
  before?: string | undefined;
}

/** The looks with one more, the newest last. */
export function afterLooking(looks: readonly Look[], branch: string, head: string): Look[] {
  const others = looks.filter((look) => look.branch !== branch);
  return [...others, { branch, head, before: lookedAtBefore(looks, branch, head) }].slice(-MAX_BRANCHES);
}

/** The head that was looked at last, other than this one; so that what one looks at does not take the place of its past. */
export function lookedAtBefore(looks: readonly Look[], branch: string, head: string): string | undefined {
  const look = looks.find((one) => one.branch === branch);
  return look?.head === head ? look.before : look?.head;
}

/** Remembers in this browser that this head was looked at; undefined: nothing is yet. */
export function useLooking(repoId: string, branch: string, head: string | undefined): void {
  useEffect(() => {
    if (head !== undefined) write(keyOf(repoId), JSON.stringify(afterLooking(looksOf(repoId), branch, head)));
  }, [repoId, branch, head]);
}

/** What this browser remembers. */
export function looksOf(repoId: string): Look[] {
  try {
    const looks: unknown = JSON.parse(read(keyOf(repoId)) ?? "[]");
    return Array.isArray(looks) ? looks.filter(isLook) : [];
  } catch {
    return [];
  }
}

const keyOf = (repoId: string): string => `stackit.looked.${repoId}`;

function isLook(value: unknown): value is Look {
  if (typeof value !== "object" || value === null || !("branch" in value) || !("head" in value)) return false;
  const before = "before" in value ? value.before : undefined;
  return (
    typeof value.branch === "string" &&
    typeof value.head === "string" &&
    (before === undefined || typeof before === "string")
  );
}
