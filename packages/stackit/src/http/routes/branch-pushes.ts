import { Type } from "typebox";
import type { Push, PushList } from "../../contract/pushes.ts";
import type { ServedRepo } from "../../repos/served-repo.ts";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { findRepo, NameParams, nameOf, namePaths, noSuchBranch, readSnapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";

export function branchPushesRoute(app: App): void {
  for (const { url, hide } of namePaths("/branch-pushes")) {
    const schema = {
      hide,
      operationId: "listBranchPushes",
      tags: ["branches"],
      summary: "Where a branch was left by its pushes, newest first",
      description: "As the mirror saw it: pushes between two looks count as one.",
      params: NameParams,
      response: readResponses(
        "The pushes.",
        Type.Ref("PushList"),
        "request/invalid",
        "repo/not-found",
        "branch/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      const branch = (await readSnapshotOf(repo, reply)).branch(nameOf(request.params));
      if (!branch) throw noSuchBranch();
      const pushes = await pushesOf(repo, branch);
      const list: PushList = { branch: branch.name, remembered: repo.pushes !== undefined, pushes };
      return answerValue(request, reply, list);
    });
  }
}

/** Of a repository that does not remember: where the branch is now. */
export async function pushesOf(
  { pushes }: ServedRepo,
  { name, revision }: { readonly name: string; readonly revision: string },
): Promise<Push[]> {
  const known = (await pushes?.of(name)) ?? [];
  return known.length > 0 ? known : [{ number: 1, sha: revision, kind: "first", stored: true }];
}
