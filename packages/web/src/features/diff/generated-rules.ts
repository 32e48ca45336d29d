import { unquote } from "./parse-patch.ts";

interface Rule {
  matches: (path: readonly string[]) => boolean;
  says: boolean | undefined;
}

/**
 * What lines of a `.gitattributes` at the root say of a file: that it is generated, that it is not, or nothing. As in git the last line that
 * is about the file holds. Nobody's pattern takes longer than its length times that of the path.
 */
export function generatedBy(lines: readonly string[]): (path: string) => boolean | undefined {
  const rules = lines.flatMap((line) => parseRule(line.trim()) ?? []);
  return (path) => {
    const segments = path.split("/");
    return rules.findLast(({ matches }) => matches(segments))?.says;
  };
}

function parseRule(line: string): Rule | undefined {
  const [, pattern = "", attributes = ""] = /^("(?:[^"\\]|\\.)*"|[^"\s]\S*)\s+(.*)$/.exec(line) ?? [];
  const said = attributes.split(/\s+/).findLast((one) => /^[-!]?linguist-generated(=|$)/.test(one));
  if (said === undefined || /^(#|\[attr\])/.test(pattern)) return undefined;
  const glob = unquote(pattern);
  if (glob.endsWith("/")) return undefined;
  const isAnywhere = !glob.includes("/");
  const parts = glob.replace(/^\//, "").split("/").map(parsePart);
  return {
    matches: (path) => matchesAll(parts, isAnywhere ? path.slice(-1) : path),
    says: said.startsWith("!") ? undefined : !/^-|=false$/.test(said),
  };
}

type Token = "many" | ((letter: string) => boolean);
/** Of one segment of a path; `deep` stands for any number of them. */
type Part = "deep" | readonly Token[];

function parsePart(text: string): Part {
  if (text === "**") return "deep";
  return [...text.matchAll(/\*+|\?|\[([!^]?)(\]?[^\]]*)\]|\\?(.)/gsu)].map(
    ([all, not, letters, letter]): Token => {
      if (all.startsWith("*")) return "many";
      if (all === "?") return () => true;
      if (letters === undefined) return (one) => one === letter;
      return (one) => isIn(one, letters) !== (not !== "");
    },
  );
}

function isIn(letter: string, letters: string): boolean {
  for (const [, from = "", to] of letters.matchAll(/(.)(?:-(.))?/gsu)) {
    if (to === undefined ? letter === from : letter >= from && letter <= to) return true;
  }
  return false;
}

function matchesAll(parts: readonly Part[], path: readonly string[]): boolean {
  return matchesList(
    parts,
    path,
    (part) => part === "deep",
    (part, segment) => {
      if (part === "deep") return false;
      return matchesList(
        part,
        [...segment],
        (token) => token === "many",
        (token, letter) => token !== "many" && token(letter),
      );
    },
  );
}

/** Whether a list of wanted items with gaps among them is the list of items. A later gap never needs an earlier one to be moved. */
function matchesList<Wanted, Item>(
  wanted: readonly Wanted[],
  items: readonly Item[],
  isGap: (one: Wanted) => boolean,
  fits: (one: Wanted, item: Item) => boolean,
): boolean {
  let [at, item] = [0, 0];
  let [gapAt, gapItem] = [-1, 0];
  while (item < items.length) {
    const [one, here] = [wanted[at], items[item]];
    if (one !== undefined && isGap(one)) {
      [gapAt, gapItem] = [at, item];
      at += 1;
    } else if (one !== undefined && here !== undefined && fits(one, here)) {
      at += 1;
      item += 1;
    } else if (gapAt >= 0) {
      gapItem += 1;
      [at, item] = [gapAt + 1, gapItem];
    } else {
      return false;
    }
  }
  return wanted.slice(at).every(isGap);
}
