import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { Push } from "../../contract/pushes.ts";
import type { Branch } from "../../contract/view.ts";
import type { ServedRepo, Snapshot } from "../../repos/served-repo.ts";
import type { App } from "../app-type.ts";
import { type AskedDiff, askedDiff } from "../diff-answers.ts";
import { strongTag } from "../etag.ts";
import { answerJson, isUnchanged, JsonBytes } from "../json-answer.ts";
import { madeAnswer } from "../made-answer.ts";
import { findRepo, NameParams, nameOf, namePaths, noSuchBranch, readSnapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { pushesOf } from "./branch-pushes.ts";

const Query = Type.Object({
  from: Type.Optional(
    Type.Integer({ minimum: 1, description: "The number of a push; the one before `to` when absent." }),
  ),
  to: Type.Optional(Type.Integer({ minimum: 1, description: "The newest when absent." })),
  mode: Type.Optional(
    Type.Enum(["range", "tree"], {
      description:
        "`range`, which is the default: what became of each commit. `tree`: what differs between the two trees.",
    }),
  ),
  commit: Type.Optional(
    Type.String({
      pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$",
      description: "A commit that one of the two pushes has: what it changes, whatever `mode` says.",
    }),
  ),
});

export function branchCompareRoute(app: App, { config, diffs }: RouteContext): void {
  for (const { url, hide } of namePaths("/branch-compare")) {
    const schema = {
      hide,
      operationId: "compareBranchPushes",
      tags: ["branches"],
      summary: "What changed between two pushes of a branch",
      params: NameParams,
      querystring: Query,
      response: readResponses(
        "The commits of both pushes in pairs, or with `mode=tree` or `commit` a diff.",
        Type.Union([Type.Ref("PushComparison"), Type.Ref("BranchDiff")]),
        "request/invalid",
        "repo/not-found",
        "branch/not-found",
        "push/not-found",
        "diff/unavailable",
        "compare/too-large",
        "repo/not-ready",
        "request/rate-limited",
        "server/busy",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      const snapshot = await readSnapshotOf(repo, reply);
      const branch = snapshot.branch(nameOf(request.params));
      if (!branch) throw noSuchBranch();
      const { to: toNumber, from: fromNumber, mode = "range", commit } = request.query;
      const pushes = await pushesOf(repo, branch);
      const to = storedPush(pushes, toNumber ?? pushes.length);
      const from = storedPush(pushes, fromNumber ?? to.number - 1);
      const asked =
        mode === "tree" && commit === undefined
          ? trees(repo, branch, from, to)
          : await ranges(repo, snapshot, branch, from, to, commit);
      const tag = strongTag(config.version, asked.key);
      if (isUnchanged(request, reply, tag)) return reply.code(304).send();
      const made = await madeAnswer(diffs, asked, request, reply);
      return answerJson(request, reply, tag, made);
    });
  }
}

function trees(repo: ServedRepo, { name }: Branch, from: Push, to: Push): AskedDiff {
  return askedDiff(repo, name, { base: from.sha, head: to.sha }, false);
}

/** Of one commit, or of all. @throws {Problem} `push/not-found` where former heads are not remembered */
async function ranges(
  repo: ServedRepo,
  { trunk }: Snapshot,
  { name, parent }: Branch,
  from: Push,
  to: Push,
  commit: string | undefined,
): Promise<AskedDiff> {
  const history = repo.pushes;
  if (!history) throw new Problem("push/not-found", "Only mirrors remember the pushes of a branch.");
  const compared = await history.question({ from: from.sha, to: to.sha, branch: name, parent, trunk });
  const question = [compared.from, compared.to, ...compared.notOwn, name];
  if (commit !== undefined) {
    return {
      repo,
      key: ["commit", commit, ...question].join(" "),
      async read(signal) {
        const range = await history.changeOf(compared, commit, signal);
        return askedDiff(repo, name, range, false).read(signal);
      },
    };
  }
  return {
    repo,
    key: ["range", ...question].join(" "),
    read: async (signal) => new JsonBytes(await history.compare(name, compared, signal)),
  };
}

/** @throws {Problem} `push/not-found` */
function storedPush(pushes: readonly Push[], number: number): Push {
  const push = pushes.find((one) => one.number === number);
  if (push?.stored) return push;
  if (push) throw new Problem("push/not-found", `Push ${number} is no longer stored.`);
  const detail =
    number < 1 ? "Only one push of this branch is known." : `Push ${number} of this branch is not known.`;
  throw new Problem("push/not-found", detail);
}
