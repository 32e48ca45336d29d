import type { QueryKey } from "@tanstack/react-query";
import type { ServerEventName, ServerEvents } from "stackit/contract/events";
import { keys } from "./keys.ts";

/**
 * What is no longer true after an event. A new event does not compile until it has an answer here.
 * `sync` carries the new freshness and the run itself, so only the counts beside them become stale. `submit` carries all that it tells of.
 */
export const staleAfter: { [N in ServerEventName]: (data: ServerEvents[N]) => readonly QueryKey[] } = {
  connected: () => [],
  heartbeat: () => [],
  sync: (data) => (data.run.state === "finished" ? [keys.status(data.repoId)] : []),
  refresh: (data) => [keys.repo(data.repoId)],
  forge: (data) => [keys.repo(data.repoId), ...(data.branches.length === 0 ? [keys.repos] : [])],
  activity: () => [keys.allActivityNews],
  submit: () => [],
  webhook: (data) => [keys.status(data.repoId)],
  hook: (data) => [keys.status(data.repoId), keys.repos],
  repos: () => [keys.config, keys.repos],
  branch_switched: (data) => [keys.repo(data.repoId), keys.repos],
  resync: () => [keys.config, keys.repos, keys.allRepos, keys.activity, keys.allRuns],
};
