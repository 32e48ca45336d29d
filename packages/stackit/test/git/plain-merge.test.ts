import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type TrialMerge, TrialMerges } from "../../src/git/trial-merges.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";

const { signal } = new AbortController();

/** By path; each is a text of some lines, so that git sees renames. */
type Files = Readonly<Record<string, string>>;

interface Merging extends AsyncDisposable {
  /** What the trees alone say, and what git does. */
  both(
    base: Files,
    ours: Files,
    theirs: Files,
  ): Promise<{ plainly: string | undefined; byGit: string | undefined }>;
}

async function merging(format: "sha1" | "sha256" = "sha1"): Promise<Merging> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-merges-"));
  const spawner = new CountingSpawner();
  const merges = await TrialMerges.open(spawner, folder, format);
  const write = async (files: Files): Promise<string> => {
    const entries: { name: string; mode: string; oid: string }[] = [];
    const folders = new Map<string, Record<string, string>>();
    for (const [path, text] of Object.entries(files)) {
      const slash = path.indexOf("/");
      if (slash < 0)
        entries.push({ name: path, mode: "100644", oid: await merges.put("blob", Buffer.from(text)) });
      else {
        const inside = folders.get(path.slice(0, slash)) ?? {};
        folders.set(path.slice(0, slash), { ...inside, [path.slice(slash + 1)]: text });
      }
    }
    for (const [name, inside] of folders) entries.push({ name, mode: "40000", oid: await write(inside) });
    const keyOf = (entry: { name: string; mode: string }): string =>
      entry.mode === "40000" ? `${entry.name}/` : entry.name;
    entries.sort((a, b) => Buffer.compare(Buffer.from(keyOf(a)), Buffer.from(keyOf(b))));
    const parts = entries.map(({ name, mode, oid }) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, "hex")]),
    );
    return merges.put("tree", Buffer.concat(parts));
  };
  return {
    async both(...sides) {
      const [base, ours, theirs] = await Promise.all(sides.map(write));
      if (base === undefined || ours === undefined || theirs === undefined) throw new Error("no trees");
      const parent = await merges.commit(base);
      const pair = { ours: await merges.commit(ours, parent), theirs: await merges.commit(theirs, parent) };
      // Git itself breaks down over some folders that took the place of files.
      const [answer] = await merges
        .merge([pair], { signal, timeoutMs: 60_000 })
        .catch((): TrialMerge[] => fc.pre(false) ?? []);
      return {
        plainly: await merges.mergePlainly({ base, ours, theirs }),
        byGit: answer && "tree" in answer ? answer.tree : undefined,
      };
    },
    async [Symbol.asyncDispose]() {
      await merges[Symbol.asyncDispose]();
      await spawner[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

const text = (n: number): string => Array.from({ length: 8 }, (_, line) => `${n} in line ${line}\n`).join("");
const BASE: Files = {
  "a.txt": text(1),
  "lib/b.txt": text(2),
  "lib/deep/c.txt": text(3),
  "lib-x": text(4),
  "q/d.txt": text(5),
};

test.each(["sha1", "sha256"] as const)(
  "sides that changed different files need no git, in folders too (%s)",
  async (format) => {
    await using merge = await merging(format);
    const ours = {
      ...BASE,
      "lib/b.txt": text(20),
      "lib/deep/new": text(21),
      "lib.x": text(22),
      "a.txt": text(23),
    };
    const theirs = {
      ...BASE,
      "lib/deep/c.txt": text(30),
      "q/é.txt": text(31),
      "a.txt": text(23),
      "z/y": text(32),
    };
    const { plainly, byGit } = await merge.both(BASE, ours, theirs);
    expect(plainly).toBeDefined();
    expect(plainly).toBe(byGit);
  },
);

test("a file or a folder that one side renamed under the other's changes is left to git", async () => {
  await using merge = await merging();
  const without = (files: Files, ...gone: string[]): Files =>
    Object.fromEntries(Object.entries(files).filter(([path]) => !gone.includes(path)));
  const renamed = { ...without(BASE, "lib/b.txt"), "lib/renamed.txt": text(2) };
  const moved = { ...without(BASE, "q/d.txt"), "elsewhere/d.txt": text(5) };
  const gone = without(BASE, "lib/deep/c.txt");
  const cases: readonly (readonly [Files, Files])[] = [
    [renamed, { ...BASE, "lib/b.txt": text(2).replace("line 3", "LINE 3") }],
    [{ ...gone, "c.txt": text(3) }, gone],
    [moved, { ...BASE, "q/new.txt": text(6) }],
    [
      { ...BASE, "a.txt": text(7) },
      { ...BASE, "a.txt": text(8) },
    ],
    [
      { ...BASE, n: text(7) },
      { ...BASE, "n/o": text(8) },
    ],
  ];
  for (const [ours, theirs] of cases) {
    expect((await merge.both(BASE, ours, theirs)).plainly).toBeUndefined();
    expect((await merge.both(BASE, theirs, ours)).plainly).toBeUndefined();
  }
});

test("whatever both sides do, what the trees alone say is what git does", async () => {
  const path = fc.constantFrom(
    ...Object.keys(BASE),
    "lib",
    "lib/deep",
    "q",
    "q/e.txt",
    "lib/e.txt",
    "moved/b.txt",
    "moved/d.txt",
    "0",
  );
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("write" as const), path, text: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("rename" as const), path, to: path }) },
  );
  const steps = fc.array(step, { minLength: 1, maxLength: 4 });
  await using merge = await merging();
  let known = 0;
  await fc.assert(
    fc.asyncProperty(steps, steps, async (...sides) => {
      const [ours, theirs] = sides.map((all) => {
        const files = new Map(Object.entries(BASE));
        for (const one of all) {
          const below = [...files].filter(([path]) => path === one.path || path.startsWith(`${one.path}/`));
          const target = one.do === "rename" ? one.to : one.path;
          if (one.do !== "write") for (const [path] of below) files.delete(path);
          if (one.do === "remove") continue;
          for (const [path] of [...files])
            if (`${path}/`.startsWith(`${target}/`) || target.startsWith(`${path}/`)) files.delete(path);
          if (one.do === "write") files.set(target, text(one.text));
          else for (const [path, content] of below) files.set(target + path.slice(one.path.length), content);
        }
        return Object.fromEntries(files);
      });
      const { plainly, byGit } = await merge.both(BASE, ours ?? BASE, theirs ?? BASE);
      if (plainly !== undefined) {
        known++;
        expect(plainly).toBe(byGit);
      }
    }),
    { numRuns: 100 },
  );
  expect(known).toBeGreaterThan(10);
});
