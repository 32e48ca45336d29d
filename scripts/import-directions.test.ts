import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const biome = join(root, "node_modules/.bin/biome");

const src = "packages/stackit/src";
const forbidden: [file: string, specifier: string][] = [
  [`${src}/contract/made-up.ts`, "../lib/clock.ts"],
  [`${src}/stacks/made-up.ts`, "../contract/view.ts"],
  [`${src}/stacks/made-up.ts`, "node:fs"],
  [`${src}/lib/made-up.ts`, "../stacks/build-graph.ts"],
  [`${src}/git/made-up.ts`, "../repos/served-repo.ts"],
  [`${src}/store/made-up.ts`, "../git/run-git.ts"],
  [`${src}/repos/made-up.ts`, "../sync/sync-target.ts"],
  [`${src}/repos/made-up.ts`, "node:child_process"],
  [`${src}/forge/made-up.ts`, "../repos/served-repo.ts"],
  [`${src}/forge/made-up.ts`, "../store/open-store.ts"],
  [`${src}/repos/made-up.ts`, "../forge/github-app.ts"],
  [`${src}/events/made-up.ts`, "../repos/served-repo.ts"],
  [`${src}/sync/made-up.ts`, "../http/server-parts.ts"],
  [`${src}/sync/triggers/made-up.ts`, "../../app.ts"],
  [`${src}/sync/triggers/made-up.ts`, "../../app/open-repos.ts"],
  [`${src}/submit/made-up.ts`, "../http/server-parts.ts"],
  [`${src}/submit/made-up.ts`, "../store/open-store.ts"],
  [`${src}/http/made-up.ts`, "../submit/submit-desk.ts"],
  [`${src}/sync/made-up.ts`, "../submit/submit-desk.ts"],
  [`${src}/access/made-up.ts`, "../http/server-parts.ts"],
  [`${src}/access/made-up.ts`, "../repos/served-repo.ts"],
  [`${src}/http/made-up.ts`, "../app/record-changes.ts"],
  [`${src}/http/made-up.ts`, "../git/run-git.ts"],
  [`${src}/http/routes/made-up.ts`, "../../git/run-git.ts"],
  [`${src}/config/made-up.ts`, "../http/server-parts.ts"],
  [`${src}/cli/made-up.ts`, "../http/server-parts.ts"],
  ["packages/web/src/api/made-up.ts", "stackit/package.json"],
  ["packages/web/src/api/made-up.ts", "../../../stackit/src/lib/clock.ts"],
];

const allowed: [file: string, specifier: string][] = [
  [`${src}/git/made-up.ts`, "../lib/clock.ts"],
  [`${src}/forge/made-up.ts`, "../git/remote-credentials.ts"],
  [`${src}/sync/triggers/made-up.ts`, "../sync-queue.ts"],
  [`${src}/sync/triggers/made-up.ts`, "../../repos/served-repo.ts"],
  [`${src}/submit/made-up.ts`, "../sync/sync-queue.ts"],
  [`${src}/http/routes/made-up.ts`, "../../contract/view.ts"],
  ["packages/web/src/api/made-up.ts", "stackit/contract/view.ts"],
];

/** Files of a made-up project that has our lint rules, and whether lint found a forbidden import there. */
const refused = new Set<string>();
let folder = "";

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "stackit-lint-")));
  await copyFile(join(root, "biome.json"), join(folder, "biome.json"));
  for (const [index, [file, specifier]] of [...forbidden, ...allowed].entries()) {
    const path = join(folder, numbered(file, index));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `import { thing } from "${specifier}";\n\nexport const made = thing;\n`);
  }
  const args = ["lint", "--vcs-enabled=false", "--only=style/noRestrictedImports", "--reporter=github"];
  const report = await new Promise<string>((resolve) => {
    execFile(biome, [...args, "--max-diagnostics=none", "."], { cwd: folder }, (_error, out) => resolve(out));
  });
  for (const [, file] of report.matchAll(/noRestrictedImports,file=([^,]+),/g))
    refused.add(relative(folder, file ?? ""));
});

afterAll(() => rm(folder, { recursive: true }));

function numbered(file: string, index: number): string {
  return file.replace("made-up", `made-up-${index}`);
}

test.each(forbidden.map((pair, index) => [...pair, index] as const))(
  "%s may not import %s",
  (file, _specifier, index) => {
    expect(refused).toContain(numbered(file, index));
  },
);

test.each(allowed.map((pair, index) => [...pair, forbidden.length + index] as const))(
  "%s may import %s",
  (file, _specifier, index) => {
    expect(refused).not.toContain(numbered(file, index));
  },
);
