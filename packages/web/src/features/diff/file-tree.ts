/** A folder of the tree, or a file: then `file` is its place in the diff. */
export interface TreeNode {
  /** A folder with a single folder in it is one node: "src/features". */
  name: string;
  path: string;
  file: number | undefined;
  children: TreeNode[];
}

export interface TreeLine {
  node: TreeNode;
  depth: number;
}

export function buildTree(paths: readonly string[]): TreeNode[] {
  const root: TreeNode = { name: "", path: "", file: undefined, children: [] };
  const folders = new Map<string, TreeNode>([["", root]]);
  const folderOf = (path: string): TreeNode => {
    const known = folders.get(path);
    if (known) return known;
    const slash = path.lastIndexOf("/");
    const folder: TreeNode = { name: path.slice(slash + 1), path, file: undefined, children: [] };
    folderOf(slash < 0 ? "" : path.slice(0, slash)).children.push(folder);
    folders.set(path, folder);
    return folder;
  };
  for (const [file, path] of paths.entries()) {
    const slash = path.lastIndexOf("/");
    folderOf(slash < 0 ? "" : path.slice(0, slash)).children.push({
      name: path.slice(slash + 1),
      path,
      file,
      children: [],
    });
  }
  return tidy(root.children);
}

/** Joins folders that hold nothing but a folder, and puts folders before files, each by name. */
function tidy(nodes: TreeNode[]): TreeNode[] {
  return nodes
    .map((node) => {
      let joined = node;
      for (let only = joined.children[0]; joined.children.length === 1 && only && only.file === undefined; ) {
        joined = { ...only, name: `${joined.name}/${only.name}` };
        only = joined.children[0];
      }
      return { ...joined, children: tidy(joined.children) };
    })
    .sort(
      (a, b) => Number(a.file !== undefined) - Number(b.file !== undefined) || a.name.localeCompare(b.name),
    );
}

export function flattenTree(nodes: readonly TreeNode[], folded: ReadonlySet<string>, depth = 0): TreeLine[] {
  return nodes.flatMap((node) => [
    { node, depth },
    ...(folded.has(node.path) ? [] : flattenTree(node.children, folded, depth + 1)),
  ]);
}

/** The places in the diff in the order of the tree, so that both are read alike. */
export function treeOrder(paths: readonly string[]): number[] {
  return flattenTree(buildTree(paths), new Set()).flatMap(({ node }) =>
    node.file === undefined ? [] : [node.file],
  );
}
