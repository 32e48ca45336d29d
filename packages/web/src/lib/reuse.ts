/**
 * Gives `previous`, or parts of it, wherever `next` says the same, so that identity means "nothing changed" to whoever
 * draws it. Values are plain data: objects, arrays, strings, numbers, booleans, null, undefined.
 */
export function reuse<T>(previous: T | undefined, next: T): T {
  return previous !== undefined && sameData(previous, next) ? previous : next;
}

/** `reuse` for lists whose items have a name: an item keeps its identity when it moves. */
export function reuseByKey<T>(
  previous: readonly T[] | undefined,
  next: readonly T[],
  keyOf: (item: T) => string,
  reuseItem: (previous: T | undefined, next: T) => T = reuse,
): T[] {
  if (!previous) return [...next];
  let byKey: Map<string, T> | undefined;
  const knownAs = (key: string) => {
    byKey ??= new Map(previous.map((item) => [keyOf(item), item]));
    return byKey.get(key);
  };
  // Most items are where they were, and are found there.
  const items = next.map((item, index) => {
    const there = previous[index];
    if (there === item) return item;
    const key = keyOf(item);
    return reuseItem(there !== undefined && keyOf(there) === key ? there : knownAs(key), item);
  });
  const unchanged =
    items.length === previous.length && items.every((item, index) => item === previous[index]);
  return unchanged ? (previous as T[]) : items;
}

export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameData(item, b[index]));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => key in b && sameData(Reflect.get(a, key), Reflect.get(b, key)));
}
