import type { ForgeHealth } from "../contract/repo.ts";
import { ago, soon } from "./ago.ts";

/** How well pull requests are known, in a word, and when the forge last confirmed them. */
export function forgeWord(forge: ForgeHealth | undefined, nowMs: number): string {
  if (!forge) return "-";
  const { health, checkedAt } = forge;
  if (health === "off" || health === "never") return health === "off" ? "off" : "not read yet";
  const age = checkedAt === undefined ? [] : [ago(checkedAt, nowMs)];
  return [...(health === "current" ? [] : [health]), ...age].join(", ");
}

/** What is wrong, and what to do about it; empty when nothing is. */
export function forgeTrouble(forge: ForgeHealth | undefined, nowMs: number): string[] {
  if (forge?.reason === undefined) return [];
  const { health, reason, failingSince, nextAttemptAt } = forge;
  if (health === "off") return [`pull requests are not read: ${reason}`];
  const since = failingSince === undefined ? "" : `, first ${ago(failingSince, nowMs)}`;
  const next = nextAttemptAt === undefined ? "" : `; next try ${soon(nextAttemptAt, nowMs)}`;
  return [`pull requests cannot be read${since}${next}: ${reason}`];
}
