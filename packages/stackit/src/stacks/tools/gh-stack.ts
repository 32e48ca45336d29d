import { asFields, asOid, asText, parseJsonObject } from "../json-fields.ts";
import type { ParsedRecord } from "../recorded-edges.ts";

/**
 * What GitHub's own extension keeps in `gh-stack`: stacks as lists of branches, the lowest first, each with its parent's commit
 * as of the last sync. A stack with a member that has no name is left out whole: the one above would stand on the wrong branch.
 */
export function parseGhStack(text: string): ParsedRecord {
  const fields = parseJsonObject(text);
  if (!fields) return { ok: false, detail: "is no JSON object" };
  // A later version may order or name things otherwise.
  if (fields.schemaVersion !== 1) return { ok: false, detail: "has a version that is not known here" };
  const stacks: unknown = fields.stacks ?? [];
  if (!Array.isArray(stacks)) return { ok: false, detail: "has no list of stacks" };
  const parents = new Map<string, string>();
  const boundaries = new Map<string, string>();
  for (const value of stacks) {
    const stack = asFields(value);
    const list: unknown = stack?.branches;
    const members = Array.isArray(list) ? list.map(asFields) : [];
    const names = [
      asText(asFields(stack?.trunk)?.branch),
      ...members.map((member) => asText(member?.branch)),
    ];
    if (!names.every((name) => name !== undefined)) continue;
    for (const [index, member] of members.entries()) {
      const [parent, name] = [names[index], names[index + 1]];
      if (parent === undefined || name === undefined) continue;
      parents.set(name, parent);
      const base = asOid(member?.base);
      if (base !== undefined) boundaries.set(name, base);
      else boundaries.delete(name);
    }
  }
  return { ok: true, record: { parents, boundaries } };
}
