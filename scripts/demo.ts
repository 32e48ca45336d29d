// Serves made-up repositories of a web shop's team, so that one sees the product without owning a stack.
//
//   npm run demo [-- --port N]
//
// They are real repositories in a temporary folder: work in them with git and watch the page. All is removed at the end.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createScene, type Scene } from "../packages/stackit/test/support/git-scene.ts";
import { shopApi } from "./demo/shop-api.ts";
import { shopWeb } from "./demo/shop-web.ts";
import { stockSync } from "./demo/stock-sync.ts";
import { whenParentEnds } from "./end-with-parent.mjs";

const repositories: [
  name: string,
  displayName: string,
  build: (scene: Scene, nowSeconds: number) => Promise<void>,
][] = [
  ["shop-web", "Storefront", shopWeb],
  ["shop-api", "Payments API", shopApi],
  ["stock-sync", "Stock sync", stockSync],
];

async function buildDemo(folder: string): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  for (const [name, , build] of repositories) {
    await build(await createScene(undefined, { folder, name }), nowSeconds);
  }
  const file = join(folder, "repos.json");
  const repos = repositories.map(([name, displayName]) => ({
    id: name,
    displayName,
    path: name,
    owner: "alderandfinch",
    name,
  }));
  await writeFile(file, `${JSON.stringify({ repos }, null, 2)}\n`);
  return file;
}

async function serveDemo(folder: string, reposConfig: string): Promise<number> {
  const main = fileURLToPath(new URL("../packages/stackit/dist/main.js", import.meta.url));
  const args = ["--repos-config", reposConfig, "--data-dir", join(folder, "data"), ...process.argv.slice(2)];
  const server = spawn(process.execPath, [main, "serve", ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => server.kill(signal));
  whenParentEnds(() => server.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.on("close", (code) => resolve(code ?? 1));
  });
}

const folder = await mkdtemp(join(tmpdir(), "stackit-demo-"));
try {
  const reposConfig = await buildDemo(folder);
  process.stdout.write(
    `The demo's repositories are in ${folder}; commit there with git and watch the page.\n`,
  );
  process.exitCode = await serveDemo(folder, reposConfig);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
