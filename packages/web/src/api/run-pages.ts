import type { InfiniteData } from "@tanstack/react-query";
import type { SyncRun, SyncRunList } from "stackit/contract/sync-run";

export type RunPages = InfiniteData<SyncRunList, string | undefined>;

/** The same pages with this run as it is now; newest first, as the server lists them. A finished run never changes again. */
export function withRun(pages: RunPages | undefined, run: SyncRun): RunPages | undefined {
  const known = pages?.pages.flatMap(({ runs }) => runs).find(({ id }) => id === run.id);
  if (!pages || known?.state === "finished") return pages;
  const [first, ...rest] = pages.pages;
  if (!first) return pages;
  if (known) {
    const replaced = pages.pages.map((page) => ({
      ...page,
      runs: page.runs.map((one) => (one.id === run.id ? run : one)),
    }));
    return { ...pages, pages: replaced };
  }
  const runs = [run, ...first.runs].sort((a, b) => (a.id < b.id ? 1 : -1));
  return { ...pages, pages: [{ ...first, runs }, ...rest] };
}
