import { useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { useServices } from "../../services.ts";

export interface SyncAll {
  /** While some are not over. */
  progress: { done: number; of: number } | undefined;
  start(repos: readonly RepoSummary[]): void;
}

/** Asks for a sync of each and waits for all of them. How each one went is told by its own row. */
export function useSyncAll(): SyncAll {
  const { session, announcer } = useServices();
  const [progress, setProgress] = useState<SyncAll["progress"]>();

  async function sync({ id }: RepoSummary): Promise<boolean> {
    try {
      await request(paths.sync(id), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: "{}",
      });
      return true;
    } catch (error) {
      session.hear(error);
      return false;
    } finally {
      setProgress((now) => now && { ...now, done: now.done + 1 });
    }
  }

  return {
    progress,
    start(repos) {
      if (progress) return;
      setProgress({ done: 0, of: repos.length });
      void Promise.all(repos.map(sync)).then((results) => {
        setProgress(undefined);
        announcer.say(`${results.filter(Boolean).length} of ${results.length} repositories synced`);
      });
    },
  };
}
