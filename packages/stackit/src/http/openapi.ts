import swagger from "@fastify/swagger";
import type { TSchema } from "typebox";
import { ActivityEvent, ActivityList } from "../contract/activity.ts";
import { AskedToAdd, RepoAdded, RepoChecked } from "../contract/added-repo.ts";
import { AuditEntry, AuditList } from "../contract/audit.ts";
import { Ops, PendingRun } from "../contract/ops.ts";
import { ProblemBody } from "../contract/problem-body.ts";
import { ComparedCommit, Push, PushComparison, PushList } from "../contract/pushes.ts";
import {
  ForgeHealth,
  Freshness,
  HookHealth,
  RepoList,
  RepoNote,
  RepoStatus,
  RepoSummary,
  ServerConfig,
  Watching,
} from "../contract/repo.ts";
import { PlannedBranch, Submission, SubmitPlan, SubmitRequest, SubmittedBranch } from "../contract/submit.ts";
import {
  RefChange,
  SyncProbe,
  SyncProgress,
  SyncRequest,
  SyncRun,
  SyncRunList,
} from "../contract/sync-run.ts";
import {
  Branch,
  BranchDiff,
  BranchList,
  Check,
  Ci,
  Commit,
  Edge,
  FileLines,
  LandedLayer,
  PullRequest,
  RepoInfo,
  Restack,
  StackDetail,
  StackList,
  StackSummary,
  TrunkCommit,
  Unstacked,
  View,
  ViewChanges,
} from "../contract/view.ts";
import { KeptPayload, WebhookDelivery, WebhookDeliveryList } from "../contract/webhook-deliveries.ts";
import type { App } from "./app-type.ts";
import { withCommonRefusals } from "./common-refusals.ts";
import { tidyOpenApi } from "./tidy-openapi.ts";

/** Everything that has a name in the contract. */
export const contractSchemas: readonly TSchema[] = [
  ActivityEvent,
  ActivityList,
  AskedToAdd,
  AuditEntry,
  AuditList,
  Branch,
  BranchDiff,
  BranchList,
  Check,
  Ci,
  Commit,
  ComparedCommit,
  Edge,
  FileLines,
  ForgeHealth,
  Freshness,
  HookHealth,
  KeptPayload,
  LandedLayer,
  Ops,
  PendingRun,
  PlannedBranch,
  ProblemBody,
  PullRequest,
  Push,
  PushComparison,
  PushList,
  RefChange,
  RepoAdded,
  RepoChecked,
  RepoInfo,
  RepoList,
  RepoNote,
  RepoStatus,
  RepoSummary,
  Restack,
  ServerConfig,
  StackDetail,
  StackList,
  StackSummary,
  Submission,
  SubmitPlan,
  SubmitRequest,
  SubmittedBranch,
  SyncProbe,
  SyncProgress,
  SyncRequest,
  SyncRun,
  SyncRunList,
  TrunkCommit,
  Unstacked,
  View,
  ViewChanges,
  Watching,
  WebhookDelivery,
  WebhookDeliveryList,
];

/** Collects the routes that are registered after it. */
export async function addOpenApi(app: App, { version }: { version: string }): Promise<void> {
  for (const schema of contractSchemas) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Stackit",
        version,
        summary: "Keeps Git repositories fresh and shows their stacks of branches.",
        description:
          "Every failure is `application/problem+json` with a `code` that never changes; `/problems/<code>` says what to " +
          "do about it. Before a request reaches any operation it can also meet 404, 405, 408 and 431. Reads carry a strong `ETag` and answer `If-None-Match` with 304. `{repo}` is the id of a " +
          "repository or `owner%2Fname`; all its routes are also served below `/api/v1/repos/{owner}/{name}`.",
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "/" }],
      tags: [
        { name: "repositories", description: "What is served, and how fresh it is." },
        { name: "stacks", description: "The model, from one snapshot at a time." },
        { name: "branches", description: "Single branches and their diffs." },
        { name: "sync", description: "Bringing a repository up to date." },
        { name: "activity", description: "What happened." },
        { name: "events", description: "What happens, live." },
        { name: "server", description: "The server itself." },
      ],
    },
    transform: ({ schema, url, route }) => {
      const response = withCommonRefusals(Object(schema.response), route);
      return { schema: { ...schema, response }, url };
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `def-${index}`),
    },
  });
}

/** Of an app that is ready. */
export function openApiDocumentOf(app: App): OpenApiDocument {
  return tidyOpenApi(structuredClone(app.swagger()) as unknown as OpenApiDocument);
}

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, object> };
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: object }[];
  requestBody?: OpenApiBody & { required?: boolean };
  responses: Record<string, OpenApiBody & { description: string }>;
}

export interface OpenApiBody {
  content?: Record<string, { schema: object }>;
}
