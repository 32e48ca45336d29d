/** How the list of a tool tells order: by indentation, the lowest first; or as lines, the highest first. */
export type ListShape = "nested" | "flat" | "either";

interface Item {
  /** Characters in front of the bullet. */
  readonly indent: number;
  /** Undefined for a line that names a branch, most often the trunk. */
  readonly number: number | undefined;
}

const BULLET = /^(\s*)(?:[-*+]|\d+\.)\s+(\S.*)$/;
/** In the order in which they are believed: a title may well name other pull requests. */
const NUMBERS = [
  /\/pull\/(\d{1,9})\b/,
  /\*\*(?:PR )?#(\d{1,9})\*\*/,
  /^(?:__->__ ?)?\\?#(\d{1,9})\b/,
  /.*#(\d{1,9})\b/,
];

/**
 * The pull request that the list beginning at one of these lines puts below this one: a number, "nothing" when it is the lowest
 * of the list, undefined when the list does not name it or names it twice. Ends at the first line that is neither bullet nor empty.
 */
export function belowInList(
  lines: readonly string[],
  number: number,
  shape: ListShape,
): number | "nothing" | undefined {
  const items = readItems(lines);
  const [at, ...others] = items.flatMap((item, index) => (item.number === number ? [index] : []));
  if (at === undefined || others.length > 0) return undefined;
  const isNested = shape === "nested" || (shape === "either" && items.some(({ indent }) => indent > 0));
  return (isNested ? ancestor(items, at) : items.slice(at + 1).find(hasNumber)?.number) ?? "nothing";
}

function readItems(lines: readonly string[]): Item[] {
  const items: Item[] = [];
  for (const line of lines) {
    const [, indent, text] = BULLET.exec(line) ?? [];
    if (indent !== undefined && text !== undefined) {
      items.push({ indent: indent.replaceAll("\t", "    ").length, number: numberIn(text) });
    } else if (line.trim() !== "") {
      // A branch without a bullet may stand above the list.
      if (items.length > 0) break;
    }
  }
  return items;
}

/** Names stand in code, and hold what they like. */
const CODE = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g;

function numberIn(item: string): number | undefined {
  const text = item.replaceAll(CODE, "");
  for (const pattern of NUMBERS) {
    const digits = pattern.exec(text)?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return undefined;
}

/** The nearest line above that is indented less, and so on until one has a number. */
function ancestor(items: readonly Item[], at: number): number | undefined {
  let depth = items[at]?.indent ?? 0;
  for (let index = at - 1; index >= 0 && depth > 0; index--) {
    const item = items[index];
    if (!item || item.indent >= depth) continue;
    if (item.number !== undefined) return item.number;
    depth = item.indent;
  }
  return undefined;
}

function hasNumber(item: Item): boolean {
  return item.number !== undefined;
}
