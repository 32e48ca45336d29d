import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TrialMerges } from "../../src/git/trial-merges.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";

const limits = { signal: new AbortController().signal, timeoutMs: 60_000 };

test.each([
  ["in memory", 0],
  ["in files", 24 << 20],
])(
  "what was put there before a merge is merged, and what is new read, while it is kept %s",
  async (_where, ballast) => {
    const folder = await mkdtemp(join(tmpdir(), "stackit-trial-merges-"));
    try {
      await using merges = await TrialMerges.open(new CountingSpawner(), folder, "sha1");
      const text = (...changed: number[]): Buffer =>
        Buffer.from(
          Array.from({ length: 9 }, (_, line) => `${line}${changed.includes(line) ? "!" : ""}\n`).join(""),
        );
      const treeOf = async (content: Buffer): Promise<string> => {
        const oid = await merges.put("blob", content);
        return merges.put("tree", Buffer.concat([Buffer.from("100644 a.txt\0"), Buffer.from(oid, "hex")]));
      };
      const [base, ours, theirs] = await Promise.all([text(), text(1), text(7)].map(treeOf));
      const made = await merges.make("blob", text(1, 7));
      for (let bytes = 0; bytes < ballast; bytes += 4 << 20) await merges.put("blob", randomBytes(4 << 20));

      for (let round = 0; round < 2; round++) {
        const parent = await merges.commit(base ?? "");
        const pair = {
          ours: await merges.commit(ours ?? "", parent),
          theirs: await merges.commit(theirs ?? "", parent),
        };
        const [answer] = await merges.merge([pair], limits);
        const tree = answer?.kind === "merged" ? answer.tree : "";
        const commit = await merges.make("commit", Buffer.from(`tree ${tree}\nround ${round}\n\n`));
        expect([...(await merges.madeFor([commit])).keys()].toSorted()).toEqual(
          [commit, tree, made].toSorted(),
        );
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
