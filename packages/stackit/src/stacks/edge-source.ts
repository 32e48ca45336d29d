/**
 * Who names a parent, the strongest first: what a forge enforces; then what tools keep for programs: in refs, in commits, in files, of these what was written with a
 * forge first; then pull requests, what programs wrote into them before what people see; then commits. `github-stack`: the forge's own stack. `pr-marker`: what a
 * tool wrote into a pull request for programs. `pr-base`: what it is to be merged into. `pr-text`: a list that a tool wrote for people. `ancestry`: the branch
 * stands on the parent's tip. `remembered-tip`: it stands on a tip that the parent had before it was amended, rebased or went on.
 */
const EDGE_SOURCES = [
  "github-stack",
  "stackit",
  "branch-metadata",
  "spr",
  "stack-pr",
  "ghstack",
  "gh-stack",
  "git-spice",
  "git-town",
  "git-machete",
  "av",
  "pr-marker",
  "pr-base",
  "pr-text",
  "ancestry",
  "remembered-tip",
] as const;

export type EdgeSource = (typeof EDGE_SOURCES)[number];

/** The smaller the stronger. */
export function rankOf(source: EdgeSource): number {
  return EDGE_SOURCES.indexOf(source);
}
