import { createHash } from "node:crypto";

/** A strong entity tag for whatever these parts determine. */
export function strongTag(...parts: readonly (string | number)[]): string {
  const digest = createHash("sha256").update(parts.join("\0")).digest("base64url");
  return `"${digest.slice(0, 22)}"`;
}

/** The tag of the same content under another content coding, which is another representation. */
export function codedTag(tag: string, coding: string): string {
  return `${tag.slice(0, -1)}-${coding}"`;
}

/** Whether `If-None-Match` names one of `tags`: weak comparison, lists and `*` (RFC 9110, 13.1.2). */
export function matchesTag(ifNoneMatch: string | undefined, tags: readonly string[]): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const named = ifNoneMatch.match(/"[^"]*"/g) ?? [];
  return named.some((tag) => tags.includes(tag));
}

/** What a tag of ours says without its quotes, whatever its content was coded in; empty for what is none. */
export function bareTag(tag: string): string {
  return /[\w-]{22}/.exec(tag)?.[0] ?? "";
}
