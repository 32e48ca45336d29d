/** Facts that a stacking tool recorded about a branch. Absent means not recorded. */
export interface BranchMetadata {
  readonly parent?: string;
  /** The parent's commit that the branch was last put on. */
  readonly parentRevision?: string;
  readonly pullRequest?: {
    readonly number: number;
    readonly title?: string;
    readonly state?: string;
    readonly url?: string;
    readonly isDraft?: boolean;
    readonly base?: string;
  };
  /** As written: `none` and `clear` end the inheritance. */
  readonly scope?: string;
  readonly lockReason?: string;
  readonly frozen: boolean;
  readonly kind: "user" | "utility" | "worktree-anchor";
  readonly stackId?: string;
}

export type ParsedMetadata =
  | { readonly ok: true; readonly metadata: BranchMetadata }
  | { readonly ok: false; readonly detail: string };

const OID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads the JSON that Stackit, and before it Graphite's open CLI, charcoal, freephite and stax, keep for a branch. Fields of
 * the wrong type count as absent; only text that is no JSON object is a failure.
 */
export function parseBranchMetadata(text: string): ParsedMetadata {
  const fields = parseObject(text);
  if (typeof fields === "string") return { ok: false, detail: fields };
  const parent = nonEmpty(fields.parentBranchName);
  const parentRevision = nonEmpty(fields.parentBranchRevision);
  const pullRequest = parsePullRequest(fields.prInfo);
  const scope = nonEmpty(fields.scope);
  // Older files carry `locked: true` without a reason.
  const lockReason = nonEmpty(fields.lockReason) ?? (fields.locked === true ? "user" : undefined);
  const stackId = nonEmpty(fields.stackId);
  return {
    ok: true,
    metadata: {
      ...(parent !== undefined && { parent }),
      ...(parentRevision !== undefined && OID.test(parentRevision) && { parentRevision }),
      ...(pullRequest && { pullRequest }),
      ...(scope !== undefined && { scope }),
      ...(lockReason !== undefined && { lockReason }),
      ...(stackId !== undefined && { stackId }),
      frozen: fields.frozen === true,
      kind:
        fields.branchType === "utility" || fields.branchType === "worktree-anchor"
          ? fields.branchType
          : "user",
    },
  };
}

export interface StackMetadata {
  readonly title?: string;
  readonly description?: string;
}

/** Text that is no JSON object says nothing. */
export function parseStackMetadata(text: string): StackMetadata {
  const fields = parseObject(text);
  if (typeof fields === "string") return {};
  const title = nonEmpty(fields.title);
  const description = nonEmpty(fields.description);
  return { ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
}

/** Returns what is wrong as a sentence. */
function parseObject(text: string): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "The metadata is not JSON.";
  }
  if (!isRecord(value)) return "The metadata is not a JSON object.";
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsePullRequest(value: unknown): BranchMetadata["pullRequest"] {
  if (!isRecord(value) || typeof value.number !== "number") return undefined;
  if (!Number.isSafeInteger(value.number) || value.number < 1) return undefined;
  const title = nonEmpty(value.title);
  const state = nonEmpty(value.state);
  const url = nonEmpty(value.url);
  const base = nonEmpty(value.base);
  return {
    number: value.number,
    ...(title !== undefined && { title }),
    ...(state !== undefined && { state }),
    // Only what a page may link to: anything else, such as `javascript:`, is dropped.
    ...(url !== undefined && /^https?:\/\//.test(url) && { url }),
    ...(base !== undefined && { base }),
    ...(typeof value.isDraft === "boolean" && { isDraft: value.isDraft }),
  };
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
