import type { WebhookFilter } from "../routes/location.ts";

const base = "/api/v1";

const segment = encodeURIComponent;

export interface DiffQuestion {
  branch: string;
  base: "parent" | "trunk";
  ignoreWhitespace: boolean;
}

/** Lines of a file that a diff changes, by the object id of the file. */
export interface LinesQuestion extends Pick<DiffQuestion, "branch" | "base"> {
  blob: string;
  start: number;
  end: number;
}

/** Two pushes of a branch by their numbers. */
export interface PushesQuestion {
  branch: string;
  from: number;
  to: number;
}

/** Of one repository or of all that one may see. */
export interface ActivityQuestion {
  repoId: string | undefined;
  person: string | undefined;
  failures: boolean;
}

/** Of one repository's id and one result, or of all. */
export interface WebhookQuestion {
  repo: string | undefined;
  result: WebhookFilter;
}

export const paths = {
  me: "/auth/me",
  signIn: (returnTo: string, account?: "other") =>
    `/auth/login?return=${segment(returnTo)}${account ? `&account=${account}` : ""}`,
  signOut: (where: "here" | "everywhere") => `/auth/logout${where === "everywhere" ? "?everywhere=1" : ""}`,
  sessions: "/auth/sessions",
  session: (id: string) => `/auth/sessions/${segment(id)}`,
  config: `${base}/config`,
  ops: `${base}/ops`,
  audit: (before?: string) =>
    `${base}/audit?limit=100${before === undefined ? "" : `&before=${segment(before)}`}`,
  cancelRun: (id: string, runId: string) => `${base}/repos/${segment(id)}/sync-runs/${segment(runId)}/cancel`,
  repos: `${base}/repos`,
  checkRepo: `${base}/repos?dryRun=1`,
  webhook: `${base}/webhooks/github`,
  events: (since: string | undefined) => `${base}/events${since ? `?since=${segment(since)}` : ""}`,
  repo: (id: string) => `${base}/repos/${segment(id)}`,
  view: (id: string) => `${base}/repos/${segment(id)}/view`,
  viewChanges: (id: string, since: string) =>
    `${base}/repos/${segment(id)}/view-changes?since=${segment(since)}`,
  branch: (id: string, name: string) => `${base}/repos/${segment(id)}/branches/${segment(name)}`,
  stack: (id: string, name: string) => `${base}/repos/${segment(id)}/stacks/${segment(name)}`,
  diff(id: string, { branch, base: against, ignoreWhitespace }: DiffQuestion): string {
    const query = new URLSearchParams();
    if (against === "trunk") query.set("base", "trunk");
    if (ignoreWhitespace) query.set("w", "1");
    return `${base}/repos/${segment(id)}/branch-diff/${segment(branch)}${query.size > 0 ? `?${query}` : ""}`;
  },
  pushes: (id: string, branch: string) => `${base}/repos/${segment(id)}/branch-pushes/${segment(branch)}`,
  comparison: (id: string, { branch, from, to }: PushesQuestion, mode: "range" | "tree") =>
    `${base}/repos/${segment(id)}/branch-compare/${segment(branch)}?from=${from}&to=${to}&mode=${mode}`,
  comparedCommit: (id: string, { branch, from, to }: PushesQuestion, sha: string) =>
    `${base}/repos/${segment(id)}/branch-compare/${segment(branch)}?from=${from}&to=${to}&commit=${sha}`,
  lines(id: string, { branch, base: against, blob, start, end }: LinesQuestion): string {
    const query = new URLSearchParams({ blob, start: `${start}`, end: `${end}` });
    if (against === "trunk") query.set("base", "trunk");
    return `${base}/repos/${segment(id)}/branch-lines/${segment(branch)}?${query}`;
  },
  image(
    id: string,
    { branch, base: against, blob }: Pick<LinesQuestion, "branch" | "base" | "blob">,
  ): string {
    const query = new URLSearchParams({ blob });
    if (against === "trunk") query.set("base", "trunk");
    return `${base}/repos/${segment(id)}/branch-image/${segment(branch)}?${query}`;
  },
  mend: (id: string, how: "repair" | "reclone") => `${base}/repos/${segment(id)}/${how}`,
  sync: (id: string) => `${base}/repos/${segment(id)}/sync`,
  activity({ repoId, person, failures }: ActivityQuestion, before?: string): string {
    const query = new URLSearchParams();
    if (person !== undefined) query.set("person", person);
    if (failures) query.set("failures", "1");
    if (before !== undefined) query.set("before", before);
    const of = repoId === undefined ? "" : `/repos/${segment(repoId)}`;
    return `${base}${of}/activity${query.size > 0 ? `?${query}` : ""}`;
  },
  webhooks({ repo, result }: WebhookQuestion, before?: string): string {
    const query = new URLSearchParams({ limit: "200" });
    if (repo !== undefined) query.set("repo", repo);
    if (result !== "all") query.set("result", result);
    if (before !== undefined) query.set("before", before);
    return `${base}/ops/webhooks?${query}`;
  },
  delivery: (id: string, deliveryId: string) =>
    `${base}/repos/${segment(id)}/webhooks/${segment(deliveryId)}`,
  replay: (id: string, deliveryId: string) => `${paths.delivery(id, deliveryId)}/replay`,
  /** The newest first. */
  deletions: (id: string) => `${base}/repos/${segment(id)}/activity?kind=branch-deleted&limit=200`,
  lastOfStack: (id: string, stack: string) =>
    `${base}/repos/${segment(id)}/activity?stack=${segment(stack)}&limit=1`,
  runs: (id: string, before?: string) =>
    `${base}/repos/${segment(id)}/sync-runs?limit=100${before === undefined ? "" : `&before=${segment(before)}`}`,
  run: (id: string, runId: string) => `${base}/repos/${segment(id)}/sync-runs/${segment(runId)}`,
  submit: (id: string, root: string) => `${base}/repos/${segment(id)}/stacks/${segment(root)}/submit`,
  submitPlan: (id: string, root: string) => `${paths.submit(id, root)}?dryRun=1`,
  submission: (id: string, submissionId: string) =>
    `${base}/repos/${segment(id)}/submissions/${segment(submissionId)}`,
};
