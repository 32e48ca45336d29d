export interface TreeEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly oid: string;
}

/** The entries of a tree object, whose ids have as many bytes as half the digits of its own. Undefined when it is malformed. */
export function parseTree(oid: string, content: Buffer): TreeEntry[] | undefined {
  const idBytes = oid.length / 2;
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, at);
    const next = end + 1 + idBytes;
    if (space < at || end < space || next > content.length) return undefined;
    entries.push({
      name: content.toString("utf8", space + 1, end),
      isFolder: content.toString("latin1", at, space) === "40000",
      oid: content.toString("hex", end + 1, next),
    });
    at = next;
  }
  return entries;
}
