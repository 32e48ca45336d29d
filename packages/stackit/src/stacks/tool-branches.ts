/**
 * Branches that a tool makes for itself. They are never stack members: GitButler's workspace is a merge of all applied
 * stacks, and ghstack pushes `base`, `head`, `orig` and `next` for each pull request.
 */
export function isToolBranch(name: string): boolean {
  return (
    /^gitbutler\/(workspace|integration|edit|target)$/.test(name) ||
    /^gh\/[^/]+\/\d+\/(base|head|orig|next)$/.test(name)
  );
}
