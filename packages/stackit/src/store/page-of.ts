/** Of rows of which one more than `limit` was asked for: those of the page, and where the next one begins if there is one. */
export function pageOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
): { page: readonly Row[]; rest: { next?: string } } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, rest: rows.length > limit && last ? { next: last.id } : {} };
}
