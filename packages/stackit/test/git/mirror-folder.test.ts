import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureMirror, replaceMirror } from "../../src/repos/mirror-folder.ts";

const about = { id: "shop", url: "https://git.example.com/shop.git" };
let root = "";
let dir = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "stackit-folder-"));
  dir = join(root, "shop.git");
});

afterEach(() => rm(root, { recursive: true, force: true }));

const make = (content: string) => async (folder: string) => {
  await mkdir(folder);
  await writeFile(join(folder, "content"), content);
};

const content = () => readFile(join(dir, "content"), "utf8");

/** Fills it with folders in folders, so deep that nobody can reach the last below a longer name. */
async function deepen(folder: string): Promise<void> {
  const longest = 4_095;
  let path = folder;
  while (path.length < longest - 260) {
    path = join(path, "d".repeat(250));
    await mkdir(path);
  }
  await mkdir(join(path, "d".repeat(longest - path.length - 2)));
}

test("a mirror that was exchanged stays so when the old one cannot be removed", async () => {
  await ensureMirror(dir, about, make("old"));
  await deepen(dir);
  await replaceMirror(dir, about, make("new"));
  expect(await content()).toBe("new");
  const [left = ""] = (await readdir(root)).filter((name) => name.includes(".old-"));
  expect(left).not.toBe("");
  await ensureMirror(dir, about, make("never"));
  expect(await content()).toBe("new");
  await rename(join(root, left), join(root, "o"));
});
