const OF_GHSTACK = /^(gh\/[^/]+\/\d+)\/(base|head|next)$/;
const SYNTHETIC_BASE = /^(spr\/.+\/)([^/]+)$/;

/**
 * Branches that a tool makes for itself. They are never stack members: GitButler's workspace is a merge of all applied stacks; ghstack
 * pushes `base`, `head`, `orig` and `next` for each pull request, of which `orig` alone is the commit that its author wrote; and one of
 * the tools called spr pushes `spr/ann/main.fix`, a base that it makes up, beside `spr/ann/fix`.
 */
export function isToolBranch(name: string, branches: { has(branch: string): boolean }): boolean {
  if (/^gitbutler\/(workspace|integration|edit|target)$/.test(name)) return true;
  if (OF_GHSTACK.test(name)) return true;
  const [, folder, last] = SYNTHETIC_BASE.exec(name) ?? [];
  const dot = last?.indexOf(".") ?? -1;
  return last !== undefined && dot > 0 && branches.has(`${folder}${last.slice(dot + 1)}`);
}

/** The branch that is shown for the one that a pull request is of: ghstack asks to merge `head`, and its author wrote `orig`. */
export function memberFor(name: string): string {
  const [, pull, part] = OF_GHSTACK.exec(name) ?? [];
  return part === "head" ? `${pull}/orig` : name;
}
