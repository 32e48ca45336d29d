import { spawn } from "node:child_process";
import { testGit } from "./test-git.ts";

export interface CommitSpec {
  /** Default: a sentence with the branch's name and the number of the commit. */
  message?: string;
  /** Paths to contents; `null` removes the file. Default: one line is added to a file named after the branch. */
  files?: Record<string, string | null>;
  /** Where a new branch starts: a branch or a full object id. Default: the branch's own tip, else the trunk. `null`: no parent. */
  parent?: string | null;
  /** Further parents of a merge. */
  merge?: readonly string[];
  /** `Name <mail>`. */
  author?: string;
  /** Committer and author time; by default one minute after the commit before. */
  atSeconds?: number;
}

export type MetadataNamespace = "refs/stackit/metadata" | "refs/branch-metadata";

export interface StackMetadata {
  parentBranchName?: string;
  /** Default: the tip that the parent has at this point of the scene. */
  parentBranchRevision?: string | undefined;
  [field: string]: unknown;
}

/** What can be written into a repository by one `git fast-import`. Calls are carried out in their order. */
export interface SceneWriter {
  commit(branch: string, spec?: CommitSpec): void;
  branch(name: string, from: string): void;
  /** A string is written as it is, so that broken metadata can be made. */
  metadata(branch: string, value: StackMetadata | string, namespace?: MetadataNamespace): void;
  /** `parent` is both the commit's parent and the recorded one: what a stacking tool does for a new branch. */
  stacked(branch: string, parent: string, spec?: Omit<CommitSpec, "parent">): void;
  /** A ref of any name to a blob of any content. */
  blobRef(ref: string, content: string | object): void;
}

interface ImportContext {
  gitDir: string;
  env: Record<string, string>;
  trunk: string;
  nextSeconds(): number;
  /** Tips that exist already, by branch name. */
  tips: ReadonlyMap<string, string>;
}

/** Object ids have 40 or 64 digits; everything else is a branch. */
const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export async function importScene(
  context: ImportContext,
  write: (writer: SceneWriter) => void,
): Promise<void> {
  const commands: string[] = [];
  /** Refs to blobs; the text may need object ids of commits, which are known only later. */
  const blobs: { ref: string; text: (idOf: (commitish: string) => string) => string }[] = [];
  /** Branch to `:mark` or object id. */
  const tips = new Map(context.tips);
  const counts = new Map<string, number>();
  const lines = new Map<string, string>();
  let marks = 0;

  const resolve = (name: string): string => {
    const commitish = OBJECT_ID.test(name) ? name : tips.get(name);
    if (commitish === undefined) throw new Error(`the scene has no branch ${name} yet`);
    return commitish;
  };
  const parentOf = (branch: string, parent: string | null | undefined): string | undefined => {
    if (parent === null) return undefined;
    return parent === undefined ? (tips.get(branch) ?? tips.get(context.trunk)) : resolve(parent);
  };

  const writer: SceneWriter = {
    commit(branch, spec = {}) {
      const count = (counts.get(branch) ?? 0) + 1;
      counts.set(branch, count);
      const message = spec.message ?? `Change ${branch}, step ${count}`;
      const who = `${spec.author ?? "Robin Tester <robin@example.com>"} ${spec.atSeconds ?? context.nextSeconds()} +0000`;
      const parent = parentOf(branch, spec.parent);
      marks += 1;
      // A commit without `from` on a branch that exists would continue it.
      if (!parent) commands.push(`reset refs/heads/${branch}\n\n`);
      commands.push(`commit refs/heads/${branch}\nmark :${marks}\nauthor ${who}\ncommitter ${who}\n`);
      commands.push(data(message));
      if (parent) commands.push(`from ${parent}\n`);
      for (const other of spec.merge ?? []) commands.push(`merge ${resolve(other)}\n`);
      const ownFile = `${branch.replaceAll(/[^A-Za-z0-9-]+/g, "-")}.txt`;
      const ownText = `${lines.get(ownFile) ?? ""}${message}\n`;
      if (!spec.files) lines.set(ownFile, ownText);
      for (const [path, text] of Object.entries(spec.files ?? { [ownFile]: ownText })) {
        commands.push(
          text === null ? `D ${quoted(path)}\n` : `M 100644 inline ${quoted(path)}\n${data(text)}`,
        );
      }
      commands.push("\n");
      tips.set(branch, `:${marks}`);
    },
    branch(name, from) {
      const commitish = resolve(from);
      commands.push(`reset refs/heads/${name}\nfrom ${commitish}\n\n`);
      tips.set(name, commitish);
    },
    metadata(branch, value, namespace = "refs/stackit/metadata") {
      const ref = `${namespace}/${branch}`;
      const parent = typeof value === "string" ? undefined : value.parentBranchName;
      const tip = parent === undefined ? undefined : tips.get(parent);
      if (typeof value === "string" || tip === undefined || "parentBranchRevision" in value) {
        writer.blobRef(ref, value);
      } else {
        blobs.push({ ref, text: (idOf) => JSON.stringify({ ...value, parentBranchRevision: idOf(tip) }) });
      }
    },
    stacked(branch, parent, spec = {}) {
      writer.commit(branch, { ...spec, parent });
      writer.metadata(branch, { parentBranchName: parent });
    },
    blobRef(ref, content) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      blobs.push({ ref, text: () => text });
    },
  };
  write(writer);

  const importer = startImport(context);
  const commitIds = await importer.run(commands.join(""), range(1, marks));
  const idOf = (commitish: string) =>
    commitish.startsWith(":") ? (commitIds[Number(commitish.slice(1)) - 1] ?? "") : commitish;
  const blobCommands = blobs.map(
    ({ text }, index) => `blob\nmark :${marks + 1 + index}\n${data(text(idOf))}`,
  );
  const blobIds = await importer.run(blobCommands.join(""), range(marks + 1, blobs.length));
  await importer.end();
  // fast-import makes refs to commits only.
  if (blobs.length > 0) {
    const input = blobs.map(({ ref }, index) => `update ${ref}\0${blobIds[index]}\0\0`).join("");
    await testGit(["update-ref", "--stdin", "-z"], { cwd: context.gitDir, env: context.env, input });
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function quoted(path: string): string {
  return /["\\\n]/.test(path) ? JSON.stringify(path) : path;
}

function range(first: number, length: number): number[] {
  return Array.from({ length }, (_, index) => first + index);
}

/** `run` writes commands and resolves to the object ids of the marks it was asked for. */
function startImport(context: ImportContext) {
  const options = ["-c", "core.compression=0", "-c", "fastimport.unpackLimit=0"];
  const child = spawn(
    "git",
    ["--git-dir", context.gitDir, ...options, "fast-import", "--quiet", "--force", "--done"],
    { cwd: context.gitDir, env: context.env, stdio: ["pipe", "pipe", "pipe"] },
  );
  let err = "";
  let answers: string[] = [];
  let rest = "";
  let wake = () => {};
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdout.on("data", (chunk: Buffer) => {
    const found = (rest + chunk.toString()).split("\n");
    rest = found.pop() ?? "";
    answers.push(...found);
    wake();
  });
  // An importer that ends too early says why by its exit code.
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`git fast-import ended with ${code}: ${err.trim()}`)),
    );
  });
  ended.catch(() => wake());
  return {
    async run(commands: string, marks: number[]): Promise<string[]> {
      answers = [];
      const answered = new Promise<void>((resolve) => {
        wake = () => {
          if (answers.length >= marks.length) resolve();
        };
      });
      child.stdin.write(commands + marks.map((mark) => `get-mark :${mark}\n`).join(""));
      wake();
      await Promise.race([answered, ended]);
      return answers;
    },
    async end(): Promise<void> {
      child.stdin.end("done\n");
      await ended;
    },
  };
}
