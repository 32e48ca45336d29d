import { readdir } from "node:fs/promises";

/** What a git, or a clone, that was ended in the midst of its work leaves in a data folder: locks, parts of packs, folders set aside, trials. */
export async function leftovers(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir, { recursive: true });
  return names.filter((name) =>
    /\.lock$|(^|\/)(tmp_|\.tmp-)[^/]*$|\.git\.(new|old)-[^/]*$|^scratch\/server-/.test(name),
  );
}
