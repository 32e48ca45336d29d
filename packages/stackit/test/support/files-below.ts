import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** What is in each file below a folder, byte by byte. Throws when there is none. */
export async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => join(folder, name));
  const files = await Promise.all(paths.map(async (path) => ((await stat(path)).isFile() ? [path] : [])));
  if (files.flat().length === 0) throw new Error(`no files below ${folder}`);
  return Promise.all(files.flat().map((path) => readFile(path, "latin1")));
}
