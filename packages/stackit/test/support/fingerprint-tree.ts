import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * What could tell that somebody was here: for each file, folder and symbolic link below `folder` its kind, mode, owner,
 * inode, size, times of modification and of change in nanoseconds, and contents. Access times are left out: reading is
 * allowed. One line each, sorted, so that a failing comparison shows what was touched.
 */
export async function fingerprintTree(folder: string): Promise<string> {
  const lines: string[] = [];
  const visit = async (path: string, name: string): Promise<void> => {
    const facts = await lstat(path, { bigint: true });
    const about = `${facts.mode.toString(8)} ${facts.uid}:${facts.gid} ino ${facts.ino} mtime ${facts.mtimeNs} ctime ${facts.ctimeNs}`;
    if (facts.isSymbolicLink()) lines.push(`${name} -> ${await readlink(path)} ${about}`);
    else if (facts.isFile()) {
      const digest = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
      lines.push(`${name} ${about} size ${facts.size} sha256 ${digest}`);
    } else {
      lines.push(`${name}/ ${about}`);
      if (!facts.isDirectory()) return;
      for (const entry of (await readdir(path)).sort()) await visit(join(path, entry), `${name}/${entry}`);
    }
  };
  await stat(folder);
  await visit(folder, ".");
  return `${lines.join("\n")}\n`;
}
