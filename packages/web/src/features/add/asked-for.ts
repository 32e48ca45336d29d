import type { AskedToAdd } from "stackit/contract/added-repo";

/** What somebody typed, as the server is asked for it; undefined for what can be no repository. */
export function askedFor(typed: string): AskedToAdd | undefined {
  const text = typed.trim();
  const [, owner, name] = /^([A-Za-z0-9][\w-]{0,99})\/(?!\.{1,2}$)([\w.-]{1,100})$/.exec(text) ?? [];
  if (owner !== undefined && name !== undefined) return { owner, name };
  // As browsers show addresses.
  if (/^[\w-]+(\.[\w-]+)+(:\d+)?\/./.test(text)) return { url: `https://${text}` };
  return text.includes(":") ? { url: text } : undefined;
}
