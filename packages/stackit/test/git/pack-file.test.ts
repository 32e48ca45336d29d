import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { writePack } from "../../src/git/pack-file.ts";

const run = promisify(execFile);

test.each([
  { isShortLived: false, what: "that stays" },
  { isShortLived: true, what: "that is soon thrown away" },
])("git reads from a pack $what what was put into it, however large", async ({ isShortLived }) => {
  const folder = await mkdtemp(join(tmpdir(), "stackit-pack-"));
  try {
    const git = async (...args: string[]) => {
      const { stdout } = await run("git", ["-C", folder, ...args], {
        encoding: "buffer",
        maxBuffer: 2 ** 24,
      });
      return stdout;
    };
    await git("init", "--quiet", "--bare", "--object-format=sha1");
    const contents = [0, 1, 15, 16, 300, 2047, 2048, 16_383, 16_384, 70_000].flatMap((size) => [
      randomBytes(size),
      Buffer.alloc(size, "stack "),
    ]);
    const objects = new Map(
      contents.map((content) => {
        const bytes = Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]);
        return [createHash("sha1").update(bytes).digest("hex"), bytes] as const;
      }),
    );
    const file = await writePack(join(folder, "objects"), objects, { format: "sha1", isShortLived });
    await git("verify-pack", `${file}.idx`);
    await git("fsck", "--strict");
    for (const content of contents) {
      const oid = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
      expect((await git("cat-file", "blob", oid)).equals(content)).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
