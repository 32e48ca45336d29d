// Installs what the lock file names and builds what changed, and does nothing when both are as they should be.
//
//   node scripts/ensure.mjs          installs
//   node scripts/ensure.mjs build    installs and builds
//
// Runs on the system's own Node (20 or newer) before anything is installed, hence built-in modules only.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installStamp = join(root, "node_modules/.cache/stackit/installed");
const buildStamp = join(root, "node_modules/.cache/stackit/built");
const buildOutputs = [
  "packages/stackit/dist/main.js",
  "packages/stackit/dist/web/index.html",
  "packages/stackit/dist/documents/README.md",
];
const buildInputs = [
  "package-lock.json",
  "tsconfig.base.json",
  "packages/stackit/package.json",
  "packages/stackit/tsconfig.json",
  "packages/stackit/src",
  "packages/stackit/vite.config.ts",
  "packages/web",
  "scripts/copy-documents.ts",
  "README.md",
  "docs",
];
const notInputs = new Set(["node_modules", "dist", "test", "screens"]);

// The npm and node that started this run, not those inside node_modules, which may be about to be replaced.
function npm(args) {
  const cli = process.env.npm_execpath;
  const options = { cwd: root, stdio: "inherit", shell: !cli && process.platform === "win32" };
  const result = cli
    ? spawnSync(process.env.npm_node_execpath ?? process.execPath, [cli, ...args], options)
    : spawnSync("npm", args, options);
  if (result.error) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`npm ${args.join(" ")} failed`);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function isStamped(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === value;
}

function writeStamp(stamp, value) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, value);
}

function installedDigest() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/** Names, sizes and times of all that a build reads: a removed file is a change too. */
function sourcesDigest() {
  const hash = createHash("sha256");
  const visit = (path) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (!facts) return;
    if (!facts.isDirectory()) {
      if (!path.endsWith(".test.ts")) hash.update(`${relative(root, path)} ${facts.size} ${facts.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(path).sort()) {
      if (!notInputs.has(name)) visit(join(path, name));
    }
  };
  for (const input of buildInputs) visit(join(root, input));
  return hash.digest("hex");
}

const lockDigest = installedDigest();
if (!isStamped(installStamp, lockDigest)) {
  process.stderr.write("Installing what Stackit needs (once, up to a minute) …\n");
  npm(["ci", "--include=dev", "--include=optional"]);
  writeStamp(installStamp, lockDigest);
}

if (process.argv[2] === "build") {
  const digest = sourcesDigest();
  const complete = buildOutputs.every((output) => existsSync(join(root, output)));
  if (!complete || !isStamped(buildStamp, digest)) {
    process.stderr.write("Building …\n");
    npm(["run", "--silent", "build"]);
    writeStamp(buildStamp, digest);
  }
}
