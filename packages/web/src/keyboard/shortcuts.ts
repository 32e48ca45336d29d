/** Every key of the dashboard, in the order of the help. Keys of a sequence are separated by a space. */
export const shortcuts = {
  nextRow: { keys: ["j", "ArrowDown"], label: "Next row", where: "Lists" },
  previousRow: { keys: ["k", "ArrowUp"], label: "Previous row", where: "Lists" },
  firstRow: { keys: ["Home"], label: "First row", where: "Lists" },
  lastRow: { keys: ["End"], label: "Last row", where: "Lists" },
  openRow: { keys: ["Enter"], label: "Open the row", where: "Lists" },
  focusFilter: { keys: ["/"], label: "Filter", where: "Lists" },
  openOnForge: { keys: ["o"], label: "Open the pull request on the forge", where: "Lists" },
  previousStack: { keys: ["{"], label: "Previous stack", where: "Repository" },
  nextStack: { keys: ["}"], label: "Next stack", where: "Repository" },
  foldStack: { keys: ["z"], label: "Fold or unfold the stack", where: "Repository" },
  foldAll: { keys: ["Z"], label: "Fold or unfold all stacks", where: "Repository" },
  sync: { keys: ["s"], label: "Sync now", where: "Repository" },
  history: { keys: ["h"], label: "Sync history", where: "Repository" },
  syncAllLate: { keys: ["S"], label: "Sync all that are late", where: "Repositories" },
  submitStack: {
    keys: ["c"],
    label: "Submit the stack: create and update its pull requests",
    where: "Stack",
  },
  towardsTrunk: { keys: ["["], label: "To the parent, towards the trunk", where: "Branch" },
  towardsLeaf: { keys: ["]"], label: "To the child, towards the leaf", where: "Branch" },
  showDiff: { keys: ["d"], label: "Diff", where: "Branch" },
  comparePushes: { keys: ["v"], label: "Compare pushes", where: "Branch" },
  nextFile: { keys: ["n"], label: "Next file", where: "Diff" },
  previousFile: { keys: ["p"], label: "Previous file", where: "Diff" },
  nextChange: { keys: ["N"], label: "Next change", where: "Diff" },
  previousChange: { keys: ["P"], label: "Previous change", where: "Diff" },
  markViewed: { keys: ["x"], label: "Mark the file viewed and go on", where: "Diff" },
  findInDiff: { keys: ["Ctrl+F"], label: "Find in the diff; again: the browser’s search", where: "Diff" },
  toggleLayout: { keys: ["u"], label: "Split or unified", where: "Diff" },
  toggleWhitespace: { keys: ["w"], label: "Ignore whitespace", where: "Diff" },
  toggleTree: { keys: ["t"], label: "File tree", where: "Diff" },
  toggleWrap: { keys: ["f"], label: "Wrap lines", where: "Diff" },
  palette: { keys: ["Ctrl+K"], label: "Command palette", where: "Everywhere" },
  goRepositories: { keys: ["g r"], label: "Repositories", where: "Everywhere" },
  goActivity: { keys: ["g a"], label: "Activity", where: "Everywhere" },
  goOps: { keys: ["g o"], label: "Operator page", where: "Everywhere" },
  close: { keys: ["Escape"], label: "Close the topmost layer", where: "Everywhere" },
  help: { keys: ["?"], label: "Keyboard help", where: "Everywhere" },
} as const satisfies Record<string, { keys: readonly string[]; label: string; where: string }>;

export type ShortcutId = keyof typeof shortcuts;

const names: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
  Z: "Shift Z",
  S: "Shift S",
  N: "Shift N",
  P: "Shift P",
};

/** How a key is written for a person. */
export function keyName(key: string): string {
  return names[key] ?? key;
}

export function firstKey(id: ShortcutId): string {
  return keyName(shortcuts[id].keys[0]);
}
