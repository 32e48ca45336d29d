const base = "/api/v1";

const segment = encodeURIComponent;

export interface DiffQuestion {
  branch: string;
  base: "parent" | "trunk";
  ignoreWhitespace: boolean;
}

/** Of one repository or of all that one may see. */
export interface ActivityQuestion {
  repoId: string | undefined;
  person: string | undefined;
  failures: boolean;
}

export const paths = {
  me: "/auth/me",
  signIn: (returnTo: string, account?: "other") =>
    `/auth/login?return=${segment(returnTo)}${account ? `&account=${account}` : ""}`,
  signOut: (where: "here" | "everywhere") => `/auth/logout${where === "everywhere" ? "?everywhere=1" : ""}`,
  sessions: "/auth/sessions",
  session: (id: string) => `/auth/sessions/${segment(id)}`,
  config: `${base}/config`,
  repos: `${base}/repos`,
  events: (since: string | undefined) => `${base}/events${since ? `?since=${segment(since)}` : ""}`,
  repo: (id: string) => `${base}/repos/${segment(id)}`,
  view: (id: string) => `${base}/repos/${segment(id)}/view`,
  branch: (id: string, name: string) => `${base}/repos/${segment(id)}/branches/${segment(name)}`,
  stack: (id: string, name: string) => `${base}/repos/${segment(id)}/stacks/${segment(name)}`,
  diff(id: string, { branch, base: against, ignoreWhitespace }: DiffQuestion): string {
    const query = new URLSearchParams();
    if (against === "trunk") query.set("base", "trunk");
    if (ignoreWhitespace) query.set("w", "1");
    return `${base}/repos/${segment(id)}/branch-diff/${segment(branch)}${query.size > 0 ? `?${query}` : ""}`;
  },
  sync: (id: string) => `${base}/repos/${segment(id)}/sync`,
  activity({ repoId, person, failures }: ActivityQuestion, before?: string): string {
    const query = new URLSearchParams();
    if (person !== undefined) query.set("person", person);
    if (failures) query.set("failures", "1");
    if (before !== undefined) query.set("before", before);
    const of = repoId === undefined ? "" : `/repos/${segment(repoId)}`;
    return `${base}${of}/activity${query.size > 0 ? `?${query}` : ""}`;
  },
  runs: (id: string, before?: string) =>
    `${base}/repos/${segment(id)}/sync-runs?limit=100${before === undefined ? "" : `&before=${segment(before)}`}`,
  run: (id: string, runId: string) => `${base}/repos/${segment(id)}/sync-runs/${segment(runId)}`,
};
