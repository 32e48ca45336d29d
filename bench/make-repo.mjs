#!/usr/bin/env node
// Writes a synthetic bare git repository full of stacked branches.
//
// Usage
//   node make-repo.mjs --out DIR [options]
//
//   --out DIR            folder to create (must not exist, or be empty)      required
//   --branches N         branches besides the trunk                          default 50
//   --stacks N           stacks that the branches are spread over            default branches/4
//   --trunk-commits N    commits on the trunk (refs/heads/main)              default 2000
//   --files N            files in the tree                                   default 500
//   --seed N             seed of the random generator                        default 1
//   --help               prints this text
//
//   Handy sizes:
//     S   --branches 50    --stacks 12    --trunk-commits 2000   --files 500
//     M   --branches 1000  --stacks 250   --trunk-commits 20000  --files 2000
//     L   --branches 10000 --stacks 2500  --trunk-commits 100000 --files 10000
//     XL  --branches 50000 --stacks 12500 --trunk-commits 20000  --files 2000
//
// Needs Node >= 20 and git >= 2.28 on the PATH; no packages. The same arguments give the same
// object ids and the same refs on every machine. Prints one line of JSON (counts, trunk tip,
// a digest of all refs, seconds) on success.
//
// What is in the repository
//   - refs/heads/main: a linear trunk of small commits (1-3 files each).
//   - refs/heads/<user>/<scope>-<stack>-<words>-<position>: the branches, 1-4 commits each, that
//     touch 1-5 files (one in seven of them new) and change about 60 lines.
//   - refs/stackit/metadata/<branch>: one JSON blob of about 400 bytes for each branch:
//       { parentBranchName, parentBranchRevision,
//         prInfo: { number, base, title, state, isDraft }, scope, stackId }
//   - All refs are in packed-refs, all objects in one pack. There is no commit-graph and no bitmap:
//     run `git gc` or `git commit-graph write --reachable` on it if the test wants them.
//
// Shapes worth knowing in tests
//   - The first stack has 10 branches in one straight line (where --branches leaves room for it).
//   - Other stacks have 1 to about 12 branches; one child in seven forks off an earlier branch.
//   - Most stacks start within the last few hundred trunk commits; one in ten is old.
//   - About 8% of the children start below their parent's tip: the parent has moved since, so
//     parentBranchRevision is not the parent's tip and the child needs a restack.
//   - About 6% of the stacks have a bottom branch that was squashed onto the trunk later
//     (prInfo.state is MERGED). Some other branches have no prInfo (no pull request yet).

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// ---------------------------------------------------------------------------------- arguments

function fail(message) {
  process.stderr.write(`make-repo: ${message}\n`);
  process.exit(2);
}

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        out: { type: "string" },
        branches: { type: "string", default: "50" },
        stacks: { type: "string" },
        "trunk-commits": { type: "string", default: "2000" },
        files: { type: "string", default: "500" },
        seed: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    fail(error.message);
  }
  if (values.help) {
    const lines = readFileSync(fileURLToPath(import.meta.url), "utf8")
      .split("\n")
      .slice(1);
    const header = lines.slice(
      0,
      lines.findIndex((line) => !line.startsWith("//")),
    );
    process.stdout.write(header.map((line) => `${line.slice(3)}\n`).join(""));
    process.exit(0);
  }
  const integer = (name, text, minimum) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < minimum)
      fail(`--${name} must be a whole number >= ${minimum}`);
    return Number(text);
  };
  if (!values.out) fail("--out is required (see --help)");
  const branches = integer("branches", values.branches, 0);
  const stacks = integer("stacks", values.stacks ?? String(Math.ceil(branches / 4)), branches > 0 ? 1 : 0);
  if (stacks > branches) fail("--stacks must not be larger than --branches");
  return {
    out: resolve(values.out),
    branches,
    stacks,
    trunkCommits: integer("trunk-commits", values["trunk-commits"], 1),
    files: integer("files", values.files, 1),
    seed: integer("seed", values.seed, 0),
  };
}

// ------------------------------------------------------------------------------------- random

/** A small seeded generator (mulberry32): the same seed gives the same numbers everywhere. */
function makeRandom(seed) {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (p) => next() < p,
    pick: (list) => list[below(list.length)],
  };
}

const WORDS = (
  "account adapter alert archive audit badge balance batch billing branch bridge buffer build cache calendar " +
  "cart catalog channel checkout client cluster column config contact cursor customer dataset deploy device digest " +
  "draft driver editor email encoder engine event export feature feed fetch field filter folder form gateway graph " +
  "group handler header health history import index inventory invoice job journal key label layout ledger limit link " +
  "list loader locale lock login mailer manifest market member menu merge message metric mirror model module monitor " +
  "network notice order owner page panel parser patch payment permission pipeline plan policy pool portal price " +
  "profile project promo queue quota range rate reader record region registry release render report request resource " +
  "result retry review role route rule runner sample schema search section session setting shard shipment signal " +
  "snapshot source stage state storage stream summary table tag target task team template tenant theme thread ticket " +
  "timer token topic trace transfer trigger tunnel upload user vendor version view wallet webhook widget window worker"
).split(" ");
const VERBS =
  "add allow avoid cache check clean cut drop fix guard handle hide keep limit merge move parse read rename retry show skip sort speed split store sync tidy trace trim use validate warm wrap".split(
    " ",
  );
const USERS =
  "ada alex ana ben bo carla chen dana diego elif emma eva felix finn gus hana igor ines ivan jana jo kai kim lara leo lin maria max mei milo nina noor omar pia raj rosa sam sofia tom yuki".split(
    " ",
  );
const SCOPES = "API APP AUTH BILL CORE DATA INFRA OPS PAY SRCH UI WEB".split(" ");

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function codeLine(random) {
  const a = random.pick(WORDS);
  const b = random.pick(WORDS);
  switch (random.below(8)) {
    case 0:
      return `  const ${a}${capital(b)} = await load${capital(a)}(${b}Id, ${random.below(1000)})`;
    case 1:
      return `  if (!${a}.${b}) return null`;
    case 2:
      return `  ${a}.set('${b}-${random.below(10000)}', ${random.pick(WORDS)})`;
    case 3:
      return `export function ${a}${capital(b)}(${random.pick(WORDS)}: string): number {`;
    case 4:
      return "}";
    case 5:
      return "";
    case 6:
      return `  // The ${a} keeps its ${b} until the ${random.pick(WORDS)} is ready.`;
    default:
      return `  for (const ${a} of ${b}List) total += ${a}.${random.pick(WORDS)} * ${random.below(100)}`;
  }
}

function codeLines(random, count) {
  const lines = new Array(count);
  for (let i = 0; i < count; i++) lines[i] = codeLine(random);
  return lines;
}

// --------------------------------------------------------------------------------------- plan

/** Paths in the form packages/<name>/<module>/<file>.ts, 20 files a module, 10 modules a package. */
function planPaths(random, count) {
  const paths = [];
  let packageName = "";
  let moduleName = "";
  for (let i = 0; i < count; i++) {
    if (i % 200 === 0) packageName = `${random.pick(WORDS)}-${random.pick(WORDS)}-${i / 200 + 1}`;
    if (i % 20 === 0) moduleName = `${random.pick(WORDS)}${(i / 20) % 10}`;
    paths.push(
      `packages/${packageName}/${moduleName}/${random.pick(WORDS)}-${random.pick(WORDS)}${i % 20}.ts`,
    );
  }
  return paths;
}

/** How many branches each stack has and on which trunk commit it starts. */
function planStacks(random, { branches, stacks, trunkCommits }) {
  const sizes = new Array(stacks).fill(1);
  let left = branches - stacks;
  const tall = stacks > 1 && left >= 9;
  if (tall) {
    sizes[0] = 10;
    left -= 9;
  }
  for (; left > 0; left--) sizes[tall ? 1 + random.below(stacks - 1) : random.below(stacks)]++;
  const near = Math.min(100, trunkCommits / 10);
  return sizes.map((size, index) => {
    let behind = Math.floor(-Math.log(1 - random.next()) * near);
    if (index > 0 && random.chance(0.1)) behind = random.below(Math.ceil(trunkCommits * 0.3));
    const base = Math.max(0, trunkCommits - 1 - behind);
    const room = trunkCommits - 1 - base;
    const landsAt =
      room > 0 && index > 0 && random.chance(0.06) ? base + 1 + random.below(Math.min(room, 300)) : -1;
    return { index, size, base, landsAt };
  });
}

// --------------------------------------------------------------------------------- fast-import

function gitEnvironment() {
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C" };
  // fast-import takes and frees a large buffer for each object; glibc should keep it (a third less time).
  env.MALLOC_TRIM_THRESHOLD_ = env.MALLOC_MMAP_THRESHOLD_ = String(256 << 20);
  for (const name of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"])
    delete env[name];
  return env;
}

/** A `git fast-import` process: write() gives it commands, ask() gets the object ids of marks. */
function startImport(gitDir) {
  const child = spawn(
    "git",
    [
      "-c",
      "core.compression=1",
      "-c",
      "fastimport.unpackLimit=0",
      "fast-import",
      "--quiet",
      "--done",
      "--force",
    ],
    { cwd: gitDir, env: { ...gitEnvironment(), GIT_DIR: gitDir }, stdio: ["pipe", "pipe", "inherit"] },
  );
  let answers = "";
  let buffer = [];
  let buffered = 0;
  let failure = null;
  child.stdout.setEncoding("latin1").on("data", (text) => (answers += text));
  child.stdin.on("error", (error) => (failure = error));
  const ended = new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) =>
      code === 0 ? done() : failed(new Error(`git fast-import ended with ${code}`)),
    );
  });
  ended.catch((error) => (failure = error));

  async function flush() {
    if (failure) throw failure;
    const text = buffer.join("");
    buffer = [];
    buffered = 0;
    if (text && !child.stdin.write(text, "latin1")) await Promise.race([once(child.stdin, "drain"), ended]);
  }
  return {
    /** Takes text (ASCII only). Returns a promise only when the caller should wait. */
    write(text) {
      buffer.push(text);
      buffered += text.length;
      return buffered > 1 << 20 ? flush() : undefined;
    },
    async ask(marks) {
      answers = "";
      for (const mark of marks) {
        const wait = this.write(`get-mark :${mark}\n`);
        if (wait) await wait;
      }
      await flush();
      while (answers.length < marks.length * 41) await Promise.race([once(child.stdout, "data"), ended]);
      return answers.trimEnd().split("\n");
    },
    async end() {
      this.write("done\n");
      await flush();
      child.stdin.end();
      await ended;
    },
  };
}

// ---------------------------------------------------------------------------------------- main

async function main() {
  const options = readArguments();
  const { out } = options;
  if (existsSync(out) && readdirSync(out).length > 0) fail(`${out} is not empty`);
  const started = process.hrtime.bigint();
  mkdirSync(out, { recursive: true });
  const init = spawnSync(
    "git",
    ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--object-format=sha1", out],
    {
      env: gitEnvironment(),
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  if (init.status !== 0) fail("git init failed");

  const random = makeRandom(options.seed);
  const paths = planPaths(random, options.files);
  const stacks = planStacks(random, options);
  const startsAt = new Map();
  for (const stack of stacks) startsAt.set(stack.base, [...(startsAt.get(stack.base) ?? []), stack]);

  const importer = startImport(out);
  /** The trunk's files now: path -> lines. The arrays are replaced, never changed. */
  const trunk = new Map();
  const landings = new Map(); // trunk position -> branches to squash there
  const branches = [];
  let trunkTip = 0;
  let mark = 0;
  let commits = 0;
  let pullRequest = 0;

  /** Applies one edit to a map of files and returns the new lines of the file. */
  function apply(files, fallback, edit) {
    const old = files.get(edit.path) ?? fallback?.get(edit.path);
    let lines;
    if (!old) lines = edit.lines;
    else if (edit.at < 0) lines = old.concat(edit.lines);
    else {
      lines = old.slice();
      for (let i = 0; i < edit.lines.length && edit.at + i < lines.length; i++)
        lines[edit.at + i] = edit.lines[i];
    }
    files.set(edit.path, lines);
    return lines;
  }

  function commit({ ref, from, time, author, message, changed }) {
    const id = ++mark;
    commits++;
    const who = `${capital(author)} <${author}@example.com> ${time} +0000`;
    let text = `commit ${ref}\nmark :${id}\nauthor ${who}\ncommitter ${who}\ndata ${message.length}\n${message}\n`;
    if (from) text += `from :${from}\n`;
    for (const [path, lines] of changed) {
      const body = `${lines.join("\n")}\n`;
      text += `M 100644 inline ${path}\ndata ${body.length}\n${body}\n`;
    }
    return { id, wait: importer.write(`${text}\n`) };
  }

  function editExisting(path, lineCount, changedLines) {
    if (random.chance(0.25)) return { path, at: -1, lines: codeLines(random, Math.max(1, changedLines)) };
    const count = Math.max(1, Math.min(changedLines >> 1, lineCount));
    return { path, at: random.below(lineCount - count + 1), lines: codeLines(random, count) };
  }

  async function writeStack(stack, trunkMark, trunkTime) {
    const owner = random.pick(USERS);
    const scope = `${random.pick(SCOPES)}-${random.between(1, 9999)}`;
    const seed = createHash("sha1").update(`stack ${options.seed} ${stack.index}`).digest("hex");
    const stackId = `${seed.slice(0, 8)}-${seed.slice(8, 12)}-4${seed.slice(13, 16)}-8${seed.slice(17, 20)}-${seed.slice(20, 32)}`;
    const home = random.below(options.files);
    const members = [];
    let time = trunkTime;
    for (let position = 0; position < stack.size; position++) {
      let parent = position > 0 ? members[position - 1] : null;
      if (stack.index > 0 && position > 1 && random.chance(1 / 7)) parent = members[random.below(position)];
      // A few children start one commit below their parent's tip: the parent has moved since.
      const late = stack.index > 0 && parent !== null && parent.steps.length > 1 && random.chance(0.11);
      const start = parent
        ? parent.steps[parent.steps.length - (late ? 2 : 1)]
        : { mark: trunkMark, files: new Map() };

      const verb = random.pick(VERBS);
      const subject = `${random.pick(WORDS)}-${random.pick(WORDS)}`;
      const name = `${owner}/${scope.toLowerCase()}-${stack.index + 1}-${verb}-${subject}-${position + 1}`;
      const title = `${scope}: ${verb} the ${subject.replace("-", " ")} of the ${random.pick(WORDS)} ${random.pick(WORDS)} for each ${random.pick(WORDS)} ${random.pick(WORDS)}`;

      // The branch's edits: 1-5 files, about 60 changed lines, spread over 1-4 commits.
      const budget = 15 + Math.floor(random.next() ** 2 * 135);
      const fileCount = random.between(1, 5);
      const edits = [];
      const used = new Set();
      for (let i = 0; i < fileCount; i++) {
        if (random.chance(1 / 7)) {
          const folder = paths[home].slice(0, paths[home].lastIndexOf("/"));
          const path = `${folder}/${subject}-${stack.index + 1}-${position + 1}-${i + 1}.ts`;
          edits.push({ path, at: -1, lines: codeLines(random, Math.max(3, Math.round(budget / fileCount))) });
          continue;
        }
        const path = paths[(home + random.below(200)) % options.files];
        if (used.has(path)) continue;
        used.add(path);
        const lines = start.files.get(path) ?? trunk.get(path);
        edits.push(editExisting(path, lines.length, Math.round(budget / fileCount)));
      }
      const commitCount = random.between(1, 4);
      const branch = {
        name,
        title,
        scope,
        stackId,
        parent,
        base: start.mark,
        steps: [],
        edits: [],
        merged: false,
      };
      let files = start.files;
      let from = start.mark;
      for (let i = 0; i < commitCount; i++) {
        const share = edits.slice(
          Math.floor((i * edits.length) / commitCount),
          Math.floor(((i + 1) * edits.length) / commitCount),
        );
        if (share.length === 0) {
          const path = edits.length > 0 ? edits[i % edits.length].path : paths[home];
          const lines = files.get(path) ?? trunk.get(path);
          if (lines) share.push(editExisting(path, lines.length, 4));
          else share.push(edits[i % edits.length]);
        }
        const next = new Map(files);
        const changed = new Map();
        for (const edit of share) changed.set(edit.path, apply(next, trunk, edit));
        branch.edits.push(...share);
        time += random.between(60, 5400);
        const message =
          i === 0 ? `${title}\n` : `${random.pick(VERBS)} the ${random.pick(WORDS)} in ${scope}\n`;
        const made = commit({ ref: "refs/make-repo/work", from, time, author: owner, message, changed });
        if (made.wait) await made.wait;
        from = made.id;
        files = next;
        branch.steps.push({ mark: made.id, files: next });
      }
      members.push(branch);
      branches.push(branch);
    }
    for (const member of members) {
      const open = random.next();
      member.prState = open < 0.1 ? null : open < 0.95 ? "OPEN" : "CLOSED";
      member.draft = random.chance(0.2);
      if (member.prState) member.number = ++pullRequest;
    }
    if (stack.landsAt >= 0) {
      const bottom = members[0];
      landings.set(stack.landsAt, [...(landings.get(stack.landsAt) ?? []), bottom]);
      bottom.merged = true;
      bottom.prState = "MERGED";
      bottom.draft = false;
      bottom.number ??= ++pullRequest;
    }
    for (const member of members) {
      member.tip = member.steps[member.steps.length - 1].mark;
      member.steps = null;
      if (!member.merged) member.edits = null;
    }
  }

  // The trunk, with each stack written as soon as its base is there.
  let time = 1_600_000_000;
  for (let position = 0; position < options.trunkCommits; position++) {
    time += random.between(60, 1200);
    const changed = new Map();
    let author = random.pick(USERS);
    let message;
    if (position === 0) {
      for (const path of paths) changed.set(path, codeLines(random, random.between(25, 85)));
      for (const [path, lines] of changed) trunk.set(path, lines);
      message = "Start the project\n";
    } else if (landings.has(position)) {
      const landed = landings.get(position);
      for (const branch of landed)
        for (const edit of branch.edits) changed.set(edit.path, apply(trunk, null, edit));
      author = landed[0].name.slice(0, landed[0].name.indexOf("/"));
      message = `${landed[0].title} (#${landed[0].number})\n`;
    } else {
      const home = random.below(options.files);
      for (let i = random.pick([1, 1, 1, 2, 2, 3]); i > 0; i--) {
        const path = paths[(home + random.below(40)) % options.files];
        changed.set(
          path,
          apply(trunk, null, editExisting(path, trunk.get(path).length, random.between(1, 16))),
        );
      }
      message = `${capital(random.pick(VERBS))} the ${random.pick(WORDS)} ${random.pick(WORDS)}\n`;
    }
    const made = commit({ ref: "refs/heads/main", from: 0, time, author, message, changed });
    if (made.wait) await made.wait;
    const trunkMark = made.id;
    for (const stack of startsAt.get(position) ?? []) await writeStack(stack, trunkMark, time);
    trunkTip = trunkMark;
  }

  // Object ids for the metadata, then the metadata blobs themselves.
  const marks = [trunkTip];
  for (const branch of branches) marks.push(branch.tip, branch.base);
  const ids = await importer.ask(marks);
  const refs = [`${ids[0]} refs/heads/main`];
  for (const [index, branch] of branches.entries()) {
    const parentName = branch.parent ? branch.parent.name : "main";
    const metadata = {
      parentBranchName: parentName,
      parentBranchRevision: ids[2 + 2 * index],
      ...(branch.prState && {
        prInfo: {
          number: branch.number,
          base: parentName,
          title: branch.title,
          state: branch.prState,
          isDraft: branch.draft,
        },
      }),
      scope: branch.scope,
      stackId: branch.stackId,
    };
    const text = JSON.stringify(metadata);
    const blob = createHash("sha1").update(`blob ${text.length}\0${text}`).digest("hex");
    const wait = importer.write(`blob\ndata ${text.length}\n${text}\n`);
    if (wait) await wait;
    refs.push(
      `${ids[1 + 2 * index]} refs/heads/${branch.name}`,
      `${blob} refs/stackit/metadata/${branch.name}`,
    );
  }
  await importer.end();

  // All refs in one file, sorted by name, in place of the loose ones that fast-import left.
  const name = (line) => line.slice(41);
  refs.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const packed = join(out, "packed-refs");
  writeFileSync(`${packed}.new`, `# pack-refs with: peeled fully-peeled sorted \n${refs.join("\n")}\n`);
  renameSync(`${packed}.new`, packed);
  rmSync(join(out, "refs", "make-repo"), { recursive: true, force: true });
  rmSync(join(out, "refs", "heads", "main"), { force: true });

  const digest = createHash("sha256").update(refs.join("\n")).digest("hex");
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(
    `${JSON.stringify({
      branches: branches.length,
      stacks: stacks.length,
      refs: refs.length,
      commits,
      files: options.files,
      trunkTip: ids[0],
      refsDigest: digest,
      seconds: Number(seconds.toFixed(2)),
    })}\n`,
  );
}

main().catch((error) => {
  process.stderr.write(`make-repo: ${error.stack ?? error}\n`);
  process.exit(1);
});
