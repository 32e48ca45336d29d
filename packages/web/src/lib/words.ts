/** "1 branch", "1,204 branches". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** "1,204", of a whole number. By hand: the first formatter of a page takes as long as all else before the first request. */
export function formatNumber(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "900 B", "12 KiB", "3.2 MiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes}\u202fB`;
  if (bytes < 2 ** 20) return `${Math.round(bytes / 2 ** 10)}\u202fKiB`;
  if (bytes < 2 ** 30) return `${(bytes / 2 ** 20).toFixed(1)}\u202fMiB`;
  return `${(bytes / 2 ** 30).toFixed(1)}\u202fGiB`;
}

export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Up to two letters that stand for a person. */
export function initials(name: string): string {
  const parts = name.split(/[\s._@-]+/).filter(Boolean);
  const letters = [parts[0], parts.length > 1 ? parts.at(-1) : undefined].map(
    (part) => [...(part ?? "")][0] ?? "",
  );
  return letters.join("").toUpperCase() || "?";
}
