import type { QueryClient } from "@tanstack/react-query";
import { configQuery, reposQuery, statusQuery, viewQuery } from "../api/queries.ts";
import type { Route } from "./location.ts";
import { findRepo } from "./repo-ref.ts";

/** How long an answer that is on its way may put off the first drawing. */
const ON_ITS_WAY_MS = 300;
/** How long one may that has come and is only to be read, which takes a slow processor longer than the frame without it is worth. */
const TO_BE_READ_MS = 1500;

/** Settles when what was asked for ahead is there, or when the page is better drawn without it. */
export async function untilWorthDrawing(
  ahead: Promise<void>,
  hasCome = viewHasCome,
  within = { onItsWayMs: ON_ITS_WAY_MS, toBeReadMs: TO_BE_READ_MS },
): Promise<void> {
  let isThere = false;
  const there = ahead.then(() => {
    isThere = true;
  });
  await Promise.race([there, pause(within.onItsWayMs)]);
  if (!isThere && hasCome()) await Promise.race([there, pause(within.toBeReadMs)]);
}

/** Whether the browser has the whole answer with the view of a repository. */
function viewHasCome(): boolean {
  return performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/view"));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

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
