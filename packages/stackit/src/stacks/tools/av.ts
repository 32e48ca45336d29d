import { asFields, asOid, asText, parseJsonObject } from "../json-fields.ts";
import type { ParsedRecord } from "../recorded-edges.ts";

/** What av keeps in `av/av.db`, which is JSON: each branch with its parent, and the parent's commit unless that is the trunk. */
export function parseAv(text: string): ParsedRecord {
  const fields = parseJsonObject(text);
  const branches = fields && asFields(fields.branches ?? {});
  if (!branches) return { ok: false, detail: fields ? "has no list of branches" : "is no JSON object" };
  const parents = new Map<string, string>();
  const boundaries = new Map<string, string>();
  for (const [name, value] of Object.entries(branches)) {
    const parent = asFields(asFields(value)?.parent);
    const parentName = asText(parent?.name);
    if (parentName === undefined) continue;
    parents.set(name, parentName);
    const head = asOid(parent?.head);
    if (head !== undefined) boundaries.set(name, head);
  }
  return { ok: true, record: { parents, boundaries } };
}
