import { asFields, asOid, asText, parseJsonObject } from "../json-fields.ts";

export interface StackMarker {
  readonly tool: string;
  /** The branch that this one is to be merged into. */
  readonly parent: string;
  /** The parent's commit that the branch was last put on. */
  readonly boundary?: string;
}

const AV = /<!-- av pr metadata\r?\n[\s\S]{0,2000}?^```\r?\n([\s\S]{0,4000}?)^```\r?$/m;
const JJ_STACK = /<!--- JJ-STACK_INFO: ([A-Za-z0-9+/=]{1,65536}) --->/;

/** What a stacking tool wrote about a branch for programs to read, into the text or a comment of its pull request. */
export function readStackMarker(text: string, branch: string): StackMarker | undefined {
  return readAv(text) ?? readJjStack(text, branch);
}

function readAv(text: string): StackMarker | undefined {
  const fields = parseJsonObject(AV.exec(text)?.[1] ?? "");
  const parent = asText(fields?.parent);
  if (parent === undefined) return undefined;
  const boundary = asOid(fields?.parentHead);
  return { tool: "av", parent, ...(boundary !== undefined && { boundary }) };
}

/** A list of bookmarks, the lowest first. What the lowest stands on is not told. */
function readJjStack(text: string, branch: string): StackMarker | undefined {
  const encoded = JJ_STACK.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  const stack: unknown = parseJsonObject(Buffer.from(encoded, "base64").toString())?.stack;
  const names = Array.isArray(stack) ? stack.map((item) => asText(asFields(item)?.bookmarkName)) : [];
  const at = names.indexOf(branch);
  const parent = at > 0 && names.lastIndexOf(branch) === at ? names[at - 1] : undefined;
  return parent === undefined ? undefined : { tool: "jj-stack", parent };
}
