const base = "/api/v1";

const segment = encodeURIComponent;

export interface DiffQuestion {
  branch: string;
  base: "parent" | "trunk";
  ignoreWhitespace: boolean;
}

export const paths = {
  me: "/auth/me",
  signIn: (returnTo: string) => `/auth/login?return=${segment(returnTo)}`,
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
  run: (id: string, runId: string) => `${base}/repos/${segment(id)}/sync-runs/${segment(runId)}`,
};
