import type { App } from "../app-type.ts";
import type { RouteContext } from "../route-context.ts";
import { activityRoute, repoActivityRoute } from "./activity.ts";
import { addRepoRoute, removeRepoRoute } from "./added-repos.ts";
import { auditRoute } from "./audit.ts";
import { authRoutes } from "./auth.ts";
import { branchRoute } from "./branch.ts";
import { branchCompareRoute } from "./branch-compare.ts";
import { branchDiffRoute } from "./branch-diff.ts";
import { branchImageRoute } from "./branch-image.ts";
import { branchLinesRoute } from "./branch-lines.ts";
import { branchPushesRoute } from "./branch-pushes.ts";
import { branchesRoute } from "./branches.ts";
import { configRoute } from "./config.ts";
import { docsSiteRoutes } from "./docs-site.ts";
import { eventsRoute, repoEventsRoute } from "./events.ts";
import { githubWebhookRoute } from "./github-webhook.ts";
import { healthRoutes } from "./health.ts";
import { recloneRoute, repairRoute } from "./mend.ts";
import { metricsRoute } from "./metrics.ts";
import { docsRoute, openApiRoute } from "./openapi.ts";
import { cancelRunRoute, opsRoute } from "./ops.ts";
import { problemPagesRoute } from "./problems.ts";
import { repoStatusRoute } from "./repo-status.ts";
import { reposRoute } from "./repos.ts";
import { stackRoute } from "./stack.ts";
import { stacksRoute } from "./stacks.ts";
import { submissionRoute, submitRoute } from "./submit.ts";
import { syncRoute } from "./sync.ts";
import { syncRunRoute, syncRunsRoute } from "./sync-runs.ts";
import { viewRoute } from "./view.ts";
import { viewChangesRoute } from "./view-changes.ts";
import { replayWebhookRoute, webhookDeliveriesRoute, webhookPayloadRoute } from "./webhook-deliveries.ts";

/** In the order in which the document lists them. */
const apiRoutes = [
  reposRoute,
  repoStatusRoute,
  viewRoute,
  viewChangesRoute,
  stacksRoute,
  stackRoute,
  branchesRoute,
  branchRoute,
  branchDiffRoute,
  branchLinesRoute,
  branchImageRoute,
  branchPushesRoute,
  branchCompareRoute,
  syncRunsRoute,
  syncRunRoute,
  repoActivityRoute,
  activityRoute,
  repoEventsRoute,
  eventsRoute,
  githubWebhookRoute,
  configRoute,
  openApiRoute,
  docsRoute,
];

/** Routes that change something, and what only operators read. A read-only server does not have them. */
const closedRoutes = [
  addRepoRoute,
  removeRepoRoute,
  syncRoute,
  submitRoute,
  submissionRoute,
  auditRoute,
  webhookDeliveriesRoute,
  webhookPayloadRoute,
  replayWebhookRoute,
  opsRoute,
  cancelRunRoute,
  recloneRoute,
  repairRoute,
];

const API = "/api/v1";

export async function addRoutes(app: App, context: RouteContext): Promise<void> {
  for (const prefix of ["", API]) {
    healthRoutes(app, prefix, context);
    metricsRoute(app, prefix, context);
  }
  problemPagesRoute(app, context);
  docsSiteRoutes(app, context);
  authRoutes(app, context);
  await app.register(
    (api, _options, done) => {
      for (const route of apiRoutes) route(api, context);
      if (!context.config.readOnly) for (const route of closedRoutes) route(api, context);
      done();
    },
    { prefix: API },
  );
}
