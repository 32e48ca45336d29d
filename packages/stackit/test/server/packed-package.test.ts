import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { productVersion } from "../../src/lib/version.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import {
  type InstalledPackage,
  installPackage,
  type PackedPackage,
  packPackage,
} from "../support/packed-package.ts";
import { startServerProcess } from "../support/server-process.ts";

let folder: string;
let scene: Scene;
let packed: PackedPackage;
let installed: InstalledPackage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stackit-install-"));
  scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  packed = await packPackage(folder);
  installed = await installPackage(folder, packed);
}, 180_000);

afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("the package holds the program, its page and its contract, and nothing that only we need", () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "dist/main.js",
      "dist/web/index.html",
      "dist/documents/docs/guides/start.md",
      "dist/contract/view.d.ts",
      "dist/contract/view.js",
      "dist/licenses/kysely.txt",
      "src/contract/view.ts",
    ]),
  );
  const ours =
    /^dist\/(?!contract\/).*\.d\.ts$|\.test\.|\.map$|\.tsbuildinfo$|^test\/|^src\/(?!contract\/)|(^|\/)\./;
  expect(paths.filter((path) => ours.test(path))).toEqual([]);
  expect(packed.size).toBeLessThan(3 * 2 ** 20);
});

test("installing runs no script of any package", () => {
  expect(Object.keys(installed.packages).length).toBeGreaterThan(20);
  const withScript = Object.entries(installed.packages).filter(
    ([, { hasInstallScript }]) => hasInstallScript,
  );
  expect(withScript.map(([place]) => place)).toEqual([]);
});

test("the installed command tells its version and draws the stacks of the clone one stands in", async () => {
  expect((await installed.stackit(["--version"], scene.path)).stdout.trim()).toBe(productVersion());
  const drawn = await installed.stackit(["log"], scene.path);
  expect(drawn.stdout).toMatch(/ui.*api.*main/s);
});

test("a start opens no more files than it must", async () => {
  const [hook, told] = [join(folder, "count-modules.mjs"), join(folder, "modules.txt")];
  await writeFile(
    hook,
    `import { appendFileSync } from "node:fs";
     import { registerHooks } from "node:module";
     registerHooks({
       load(url, context, next) {
         if (url.startsWith("file:")) appendFileSync(${JSON.stringify(told)}, url + "\\n");
         return next(url, context);
       },
     });`,
  );
  const args = ["--cwd", scene.path, "--data-dir", join(folder, "counted-data")];
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(hook)}` };
  await using server = await startServerProcess(args, env, { program: installed.program });
  server.signal("SIGTERM");
  expect(await server.ended).toBe(0);
  const opened = (await readFile(told, "utf8")).trim().split("\n");
  expect(opened.length).toBeGreaterThan(50);
  // Of its own modules and of those it brings along, which are some fifteen hundred.
  expect(opened.filter((url) => url.includes("/stackit/dist/")).length).toBeLessThan(120);
  expect(opened.filter((url) => /\/node_modules\/(?:typebox|kysely)\//.test(url))).toEqual([]);
});

test("the installed server serves the clone, its page and what the page loads", async () => {
  const args = ["--cwd", scene.path, "--data-dir", join(folder, "data")];
  await using server = await startServerProcess(args, {}, { program: installed.program });
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: "ok" });
  const page = await (await fetch(server.url)).text();
  const assets = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThan(3);
  for (const path of assets) expect((await fetch(server.url + path)).status, path).toBe(200);
  expect(await (await fetch(`${server.url}/docs`)).text()).toContain('<h1 id="stackit">');
  const stacks = async () => (await fetch(`${server.url}/api/v1/repos/default/stacks`)).json();
  await expect.poll(stacks).toMatchObject({ stacks: [{ rootBranch: "api", branchCount: 2 }] });
  server.signal("SIGTERM");
  expect(await server.ended).toBe(0);
});
