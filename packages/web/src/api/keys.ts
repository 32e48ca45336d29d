/** Names of what is kept of the server's answers. A shorter key stands for all that begin with it. */
export const keys = {
  config: ["config"],
  account: ["account"],
  me: ["account", "me"],
  sessions: ["account", "sessions"],
  repos: ["repos"],
  allRepos: ["repo"],
  repo: (id: string) => ["repo", id],
  status: (id: string) => ["repo", id, "status"],
  view: (id: string) => ["repo", id, "view"],
  branches: (id: string) => ["repo", id, "branch"],
  branch: (id: string, name: string) => ["repo", id, "branch", name],
  stack: (id: string, name: string) => ["repo", id, "stack", name],
  /** Not below `repo`: a diff that somebody reads is never replaced by an event. */
  diff: (id: string, ...question: unknown[]) => ["diff", id, ...question],
  activity: ["activity"],
  activityPages: (...question: unknown[]) => ["activity", "pages", ...question],
  /** The newest of each question. */
  allActivityNews: ["activity", "news"],
  activityNews: (...question: unknown[]) => ["activity", "news", ...question],
  allRuns: ["runs"],
  runs: (id: string) => ["runs", id],
  run: (id: string, runId: string) => ["run", id, runId],
} as const;
