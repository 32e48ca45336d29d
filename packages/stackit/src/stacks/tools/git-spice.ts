import { asFields, asOid, asText, parseJsonObject } from "../json-fields.ts";

export interface SpiceBase {
  readonly parent: string;
  /** The parent's commit that the branch was last put on. */
  readonly boundary?: string;
}

/** What git-spice keeps for one branch. Undefined when that is no JSON object with the name of a base. */
export function parseSpiceBranch(text: string): SpiceBase | undefined {
  const base = asFields(parseJsonObject(text)?.base);
  const parent = asText(base?.name);
  if (parent === undefined) return undefined;
  const boundary = asOid(base?.hash);
  return { parent, ...(boundary !== undefined && { boundary }) };
}

/** Versions of the layout whose bases are known to be written so; no version is the first. */
export function isKnownSpiceVersion(text: string | undefined): boolean {
  return text === undefined || ["1", "2"].includes(text.trim());
}
