import type { QueryClient } from "@tanstack/react-query";
import { configQuery, reposQuery, statusQuery, viewQuery } from "../api/queries.ts";
import type { Route } from "./location.ts";
import { findRepo } from "./repo-ref.ts";

/**
 * Asks for what the page of an address shows before anything is drawn. Settles when all of it was answered. Whatever fails is
 * kept for those who use it.
 */
export async function askAhead(queries: QueryClient, route: Route): Promise<void> {
  const config = queries.prefetchQuery(configQuery);
  await queries.prefetchQuery(reposQuery);
  const repos = queries.getQueryData(reposQuery.queryKey);
  const repo = route.page === "repository" && repos ? findRepo(repos, route.repo) : undefined;
  if (repo) {
    await Promise.all([
      queries.prefetchQuery(statusQuery(repo.id)),
      queries.prefetchQuery({ ...viewQuery(repo.id), retry: false }),
    ]);
  }
  await config;
}
