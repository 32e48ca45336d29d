import { setImmediate } from "node:timers/promises";
import type { ActivityEvent } from "../contract/activity.ts";
import type { EventLog } from "../events/event-log.ts";
import { activityBetween, type Happened } from "../repos/activity-between.ts";
import type { ActivityLog } from "../store/activity-log.ts";
import type { RunChange } from "../sync/run-observers.ts";
import type { OpenedRepo } from "./open-repos.ts";

/** Told by the run that found them. What is found behind a snapshot may be found while another run is at work. */
const FOUND_BY_RUNS: ReadonlySet<string> = new Set(["pushed", "branch-created", "branch-deleted"]);

/**
 * Writes down what happens in repositories, in the order in which it is seen, and tells readers of streams once it is kept. Runs and readers
 * never wait for it.
 */
export class ActivityRecorder {
  readonly #log: ActivityLog;
  readonly #events: Pick<EventLog, "append">;
  readonly #onError: (error: unknown, repoId: string) => void;
  /** What is being written of each repository, by store key. Never rejects. */
  readonly #writing = new Map<string, Promise<void>>();
  /** By store key. */
  readonly #running = new Map<string, string>();
  /** How many runs in a row had failed when the run at work began, by store key. */
  readonly #failures = new Map<string, number>();

  constructor(
    log: ActivityLog,
    events: Pick<EventLog, "append">,
    onError: (error: unknown, repoId: string) => void,
  ) {
    this.#log = log;
    this.#events = events;
    this.#onError = onError;
  }

  /** Disposal settles when all that was seen of it is written. */
  follow(repo: Pick<OpenedRepo, "id" | "onPublished">, storeKey: string): AsyncDisposable {
    const stop = repo.onPublished(({ before, after }) => {
      if (!before) return;
      const runId = this.#running.get(storeKey);
      const nowMs = Date.now();
      // Readers are told of the publication first.
      void this.#write(repo.id, storeKey, async () => {
        await setImmediate();
        return activityBetween(before, after, nowMs).map((one) => {
          return runId !== undefined && FOUND_BY_RUNS.has(one.kind) ? { ...one, runId } : one;
        });
      });
    });
    return {
      [Symbol.asyncDispose]: async () => {
        stop();
        await this.#writing.get(storeKey);
        for (const map of [this.#writing, this.#running, this.#failures]) map.delete(storeKey);
      },
    };
  }

  /** Settles when what the change tells is written. */
  observe({ what, storeKey, run, freshness }: RunChange): Promise<void> | undefined {
    if (what === "progress") return undefined;
    const { consecutiveFailures: failures } = freshness;
    if (run.state !== "finished") {
      this.#failures.set(storeKey, failures);
      if (run.state === "running") this.#running.set(storeKey, run.id);
      return undefined;
    }
    this.#running.delete(storeKey);
    const hadFailed = (this.#failures.get(storeKey) ?? 0) > 0;
    this.#failures.set(storeKey, failures);
    if (hadFailed === failures > 0) return undefined;
    const { id: runId, error } = run;
    const happened: Happened =
      failures > 0
        ? {
            kind: "sync-failed",
            runId,
            people: [],
            ...(error && { error: { code: error.code, title: error.title } }),
          }
        : { kind: "sync-recovered", runId, people: [] };
    return this.#write(run.repoId, storeKey, () => [happened]);
  }

  /** Settles when it is written. */
  added(repoId: string, storeKey: string, actor: string): Promise<void> {
    const by = actor === "" ? { people: [] } : { actor, people: [actor] };
    return this.#write(repoId, storeKey, () => [{ kind: "repo-added", ...by }]);
  }

  #write(
    repoId: string,
    storeKey: string,
    happened: () => readonly Happened[] | Promise<readonly Happened[]>,
  ): Promise<void> {
    const last = this.#writing.get(storeKey) ?? Promise.resolve();
    const written = last
      .then(async () => this.#writeNow(repoId, storeKey, await happened()))
      .catch((error: unknown) => this.#onError(error, repoId));
    this.#writing.set(storeKey, written);
    return written;
  }

  async #writeNow(repoId: string, storeKey: string, happened: readonly Happened[]): Promise<void> {
    const news: Happened[] = [];
    for (const one of happened) if (await this.#isNews(storeKey, one)) news.push(one);
    if (news.length === 0) return;
    const entries = await this.#log.write(storeKey, news);
    const events: ActivityEvent[] = entries.map((entry) => ({ ...entry, repoId }));
    this.#events.append({ name: "activity", data: { repoId, events } });
  }

  /** Each push begins checks anew; that they pass is news where they failed, and that they fail where they did not. */
  async #isNews(storeKey: string, { kind, branch, state }: Happened): Promise<boolean> {
    if (kind !== "checks" || branch === undefined) return true;
    const last = (await this.#log.lastChecks(storeKey, branch)) ?? "passing";
    return last !== state;
  }
}
