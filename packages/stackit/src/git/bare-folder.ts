import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export type ObjectFormat = "sha1" | "sha256";

/** As an object id shows it. */
export function objectFormatOf(oid: string): ObjectFormat {
  return oid.length === 64 ? "sha256" : "sha1";
}

/** Makes what git takes for a bare repository: without a process, and with nothing in it. */
export async function makeBareFolder(gitDir: string, objectFormat: ObjectFormat): Promise<void> {
  await mkdir(join(gitDir, "objects", "info"), { recursive: true });
  await mkdir(join(gitDir, "refs"));
  await writeFile(join(gitDir, "HEAD"), "ref: refs/heads/none\n");
  await writeFile(
    join(gitDir, "config"),
    `[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = ${objectFormat}\n`,
  );
}
