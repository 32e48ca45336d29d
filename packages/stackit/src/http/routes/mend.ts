import type { AuditAction } from "../../contract/audit.ts";
import { Problem } from "../../contract/problem-error.ts";
import type { Mend } from "../../repos/mirror-options.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { findRepoOfOperator, RepoParams, repoPaths } from "../repo-lookup.ts";
import { responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { answerRunUnderWay, RUN_UNDER_WAY } from "../run-under-way.ts";

interface MendRoute {
  readonly action: AuditAction;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
}

const ROUTES: Readonly<Record<Mend, MendRoute>> = {
  reclone: {
    action: "mirror-recloned",
    operationId: "recloneRepo",
    summary: "Clone a mirror anew, and exchange it",
    description: `For operators. A run clones the mirror beside itself and exchanges the two, whatever its state; until then the old one is served.

- While one such run waits or is at work, it answers this request too.
- Where the clone fails the run has failed, and the old mirror is kept. It is not tried again by itself.
- Where more than half of the branches would vanish it is held, as each other.`,
  },
  repair: {
    action: "mirror-repaired",
    operationId: "repairRepo",
    summary: "Read all of a mirror, and mend what is wrong",
    description: `For operators. A run removes what a killed git left in the mirror, such as locks, reads every object, builds what is served from the refs anew, and syncs. A mirror that does not hold all that it must is cloned anew beside itself and exchanged.

- While such a run, or one that clones the mirror anew, waits or is at work, it answers this request too.
- What was removed and whether it was cloned anew stands in the run.`,
  },
};

export function recloneRoute(app: App, context: RouteContext): void {
  mendRoute(app, context, "reclone");
}

export function repairRoute(app: App, context: RouteContext): void {
  mendRoute(app, context, "repair");
}

function mendRoute(app: App, { access, syncs }: RouteContext, mend: Mend): void {
  const { action, ...about } = ROUTES[mend];
  for (const { url, hide } of repoPaths(`/${mend}`)) {
    const schema = {
      hide,
      ...about,
      tags: ["server"],
      params: RepoParams,
      response: responses(
        RUN_UNDER_WAY,
        "request/cross-site",
        "request/rate-limited",
        "access/not-allowed",
        "repo/not-found",
        "repo/working-copy",
      ),
    };
    app.post(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const { caller } = request;
      const repo = findRepoOfOperator(request);
      if (repo.kind !== "mirror")
        throw new Problem("repo/working-copy", "The server did not clone this, so it leaves it as it is.");
      await access.record(action, caller, { target: repo.id, ...cameFrom(request) });
      const ticket = syncs.request(repo.id, {
        trigger: "manual",
        mend,
        ...(caller.kind !== "local" && { requestedBy: caller.name }),
      });
      return answerRunUnderWay(reply, repo.id, ticket.run());
    });
  }
}
