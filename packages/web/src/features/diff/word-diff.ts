export interface Part {
  text: string;
  changed: boolean;
}

/** Longer lines are compared as a whole: nobody reads word marks in a minified file. */
const LONGEST = 600;
/** With less in common than this, marks would cover nearly everything and tell nothing. */
const LEAST_COMMON = 0.3;

/** The words in which two versions of a line differ; undefined when marking them would not help. */
export function wordDiff(before: string, after: string): { before: Part[]; after: Part[] } | undefined {
  if (before === after || before.length > LONGEST || after.length > LONGEST) return undefined;
  const [a, b] = [tokens(before), tokens(after)];
  const [keptA, keptB] = commonTokens(a, b);
  const common = a.reduce((sum, token, i) => sum + (keptA.has(i) && token.trim() ? token.length : 0), 0);
  const longest = Math.max(before.trim().length, after.trim().length);
  if (longest === 0 || common / longest < LEAST_COMMON) return undefined;
  return { before: partsOf(a, keptA), after: partsOf(b, keptB) };
}

function tokens(line: string): string[] {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** The places of a longest common subsequence in both. */
function commonTokens(a: readonly string[], b: readonly string[]): [Set<number>, Set<number>] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const keptA = new Set<number>();
  const keptB = new Set<number>();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      keptA.add(i++);
      keptB.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return [keptA, keptB];
}

/** Neighbours of a kind joined; white space between two changed words counts as changed. */
function partsOf(all: readonly string[], kept: ReadonlySet<number>): Part[] {
  const parts: Part[] = [];
  for (const [index, text] of all.entries()) {
    const bridges =
      text.trim() === "" &&
      index > 0 &&
      !kept.has(index - 1) &&
      !kept.has(index + 1) &&
      index + 1 < all.length;
    const changed = !kept.has(index) || bridges;
    const last = parts.at(-1);
    if (last?.changed === changed) last.text += text;
    else parts.push({ text, changed });
  }
  return parts;
}
