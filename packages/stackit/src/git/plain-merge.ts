export interface TreesToMerge {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface TreeStore {
  /** Undefined where it is no tree that is there. */
  readTree(oid: string): Promise<Buffer | undefined>;
  /** Resolves to its object id. */
  putTree(content: Buffer): Promise<string>;
}

interface Entry {
  readonly mode: string;
  readonly oid: string;
}

/** By name, a character for each byte. */
type Entries = ReadonlyMap<string, Entry>;

const FOLDER = "40000";
const MODES: ReadonlySet<string> = new Set([FOLDER, "100644", "100755", "120000", "160000"]);

/**
 * The tree that `git merge-tree` would give, where that follows from the trees alone: the sides changed no file both, and none of them took
 * anything out of a folder that both changed, so that no file and no folder can have been renamed under the other's changes. Undefined
 * otherwise: nothing is known then.
 */
export async function mergePlainly(
  { base, ours, theirs }: TreesToMerge,
  store: TreeStore,
): Promise<string | undefined> {
  if (ours === base || ours === theirs) return theirs;
  if (theirs === base) return ours;
  return mergeFolders({ base, ours, theirs }, store);
}

async function mergeFolders(
  { base, ours, theirs }: TreesToMerge,
  store: TreeStore,
): Promise<string | undefined> {
  const read = async (oid: string): Promise<Entries | undefined> => parse(await store.readTree(oid), oid);
  const [before, left, right] = await Promise.all([read(base), read(ours), read(theirs)]);
  return before && left && right && mergeEntries(before, left, right, store);
}

async function mergeEntries(
  before: Entries,
  left: Entries,
  right: Entries,
  store: TreeStore,
): Promise<string | undefined> {
  for (const name of before.keys()) if (!left.has(name) || !right.has(name)) return undefined;
  const merged = new Map(left);
  for (const [name, theirs] of right) {
    const entry = await mergeEntry(before.get(name), left.get(name), theirs, store);
    if (!entry) return undefined;
    merged.set(name, entry);
  }
  return store.putTree(format(merged));
}

async function mergeEntry(
  base: Entry | undefined,
  ours: Entry | undefined,
  theirs: Entry,
  store: TreeStore,
): Promise<Entry | undefined> {
  if (!ours || isSame(ours, base)) return theirs;
  if (isSame(theirs, base)) return ours;
  const folders = [base, ours, theirs].filter((entry) => entry?.mode === FOLDER).length;
  if (base && folders === 0 && isSame(ours, theirs)) return theirs;
  if (!base || folders < 3) return undefined;
  // Also where both sides are the same: what both took out of it, one of them may have put elsewhere.
  const oid = await mergeFolders({ base: base.oid, ours: ours.oid, theirs: theirs.oid }, store);
  return oid === undefined ? undefined : { mode: FOLDER, oid };
}

function isSame(one: Entry, other: Entry | undefined): boolean {
  return one.mode === other?.mode && one.oid === other.oid;
}

/** Undefined where git would write it otherwise than it is. */
function parse(content: Buffer | undefined, oid: string): Entries | undefined {
  if (!content) return undefined;
  const entries = new Map<string, Entry>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    const next = end + 1 + oid.length / 2;
    const mode = content.toString("latin1", at, space);
    if (end < 0 || next > content.length || !MODES.has(mode)) return undefined;
    entries.set(content.toString("latin1", space + 1, end), {
      mode,
      oid: content.toString("hex", end + 1, next),
    });
    at = next;
  }
  return entries;
}

/** Git sorts a folder as if its name ended with a slash. */
function format(entries: Entries): Buffer {
  const sortKey = ([name, { mode }]: readonly [string, Entry]): string =>
    mode === FOLDER ? `${name}/` : name;
  const sorted = [...entries].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return Buffer.concat(
    sorted.map(([name, { mode, oid }]) =>
      Buffer.from(`${mode} ${name}\0${Buffer.from(oid, "hex").toString("latin1")}`, "latin1"),
    ),
  );
}
