/**
 * The order in which known things stay while somebody reads: those that were there keep their places, new ones come
 * after the nearest thing that precedes them in the new order.
 */
export function keepOrder(before: readonly string[], next: readonly string[]): string[] {
  const still = new Set(next);
  const kept = before.filter((id) => still.has(id));
  const known = new Set(kept);
  const result = [...kept];
  for (const [index, id] of next.entries()) {
    if (known.has(id)) continue;
    const previous = index === 0 ? -1 : result.indexOf(next[index - 1] ?? "");
    result.splice(previous + 1, 0, id);
    known.add(id);
  }
  return result;
}

export function sortByIds<T>(items: readonly T[], ids: readonly string[], idOf: (item: T) => string): T[] {
  const places = new Map(ids.map((id, index) => [id, index]));
  const placeOf = (item: T) => places.get(idOf(item)) ?? ids.length;
  return items.toSorted((a, b) => placeOf(a) - placeOf(b));
}
