import { read, write } from "../../ui/use-stored.ts";

const KEY = "stackit.palette";
const KEPT = 8;

/** Ids of what was chosen last, the latest first; what is stored and not understood counts for nothing. */
export function readRecent(): string[] {
  try {
    const stored: unknown = JSON.parse(read(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((id) => typeof id === "string").slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

export function rememberChosen(id: string): void {
  write(KEY, JSON.stringify([id, ...readRecent().filter((other) => other !== id)].slice(0, KEPT)));
}
