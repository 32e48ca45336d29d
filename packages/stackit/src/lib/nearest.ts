/** The candidate that `word` most likely is with a slip of the hand or two; undefined when none is that near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, slips: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, slips }) => slips <= (candidate.length > 4 ? 2 : 1))
    .sort((a, b) => a.slips - b.slips);
  return best?.candidate;
}

/** Letters to put in, leave out, exchange for another, or exchange with their neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const at = (back: number, column: number) => rows[i - back]?.[column] ?? 0;
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      const costs = [at(1, j) + 1, (row[j - 1] ?? 0) + 1, at(1, j - 1) + other];
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) costs.push(at(2, j - 2) + 1);
      row.push(Math.min(...costs));
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}
