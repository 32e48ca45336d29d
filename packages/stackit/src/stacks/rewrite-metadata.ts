/** What a submit knows better than what was written down of a branch. */
export interface MetadataNews {
  readonly parent: string;
  /** The commit of the parent that the branch stands on. */
  readonly parentRevision: string;
  readonly pullRequest?:
    | {
        readonly number: number;
        readonly url: string;
        readonly base: string;
        readonly title: string;
        readonly state: string;
        readonly isDraft: boolean;
      }
    | undefined;
}

/**
 * The JSON of a branch's metadata with the news, and with all else that it says, in its order: other tools and later versions keep fields there
 * that nobody here knows. The same text when it says all of that; undefined for text that is no JSON object, which is left alone.
 */
export function rewriteMetadata(
  text: string,
  { parent, parentRevision, pullRequest }: MetadataNews,
): string | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(fields)) return undefined;
  const before = isRecord(fields.prInfo) ? fields.prInfo : {};
  const news = {
    ...fields,
    parentBranchName: parent,
    parentBranchRevision: parentRevision,
    ...(pullRequest && { prInfo: { ...before, ...pullRequest } }),
  };
  return JSON.stringify(news) === JSON.stringify(fields) ? text : JSON.stringify(news);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
