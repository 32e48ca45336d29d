import type { SeenRemote } from "stackit/contract/added-repo";
import { problemOf } from "stackit/contract/problems";
import { ApiError } from "../../api/client.ts";
import { count } from "../../lib/words.ts";

/** "Reachable", and what is there. */
export function seenWords({ trunk, branches }: SeenRemote): string[] {
  return [
    "Reachable",
    ...(trunk === undefined ? [] : [`trunk ${trunk}`]),
    ...(branches === undefined ? [] : [count(branches, "branch", "branches")]),
  ];
}

/** What would stand in the way of stacks, and what to do. */
export function seenWarning({ trunk, branches }: SeenRemote): string | undefined {
  if (branches === 0) return "It has no branches yet. Stacks appear once somebody pushes.";
  if (trunk !== undefined || branches === undefined) return undefined;
  return "No trunk was found: none of its branches is the default one. Choose a default branch at the remote; stacks appear once it has one.";
}

/** Why it is not added, in the words of the server, which say what to do. */
export function refusalWords(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something failed in this page.";
  const { message, code } = error;
  if (code === "repo/no-access") return `${message} ${problemOf(code)?.mend ?? ""}`;
  return code === "request/invalid" ? message.replace(/^url /, "It ") : message;
}
