import { Problem } from "../../contract/problem-error.ts";
import type { SyncRun } from "../../contract/sync-run.ts";
import type { ServedRepo } from "../../repos/served-repo.ts";
import type { Deliveries, Delivery } from "../../store/deliveries.ts";
import type { SyncQueue } from "../sync-queue.ts";
import type { SyncTarget } from "../sync-target.ts";
import { concernsStacks, expectationOf, readDelivery } from "./read-delivery.ts";

/** A repository of the queue. Only mirrors are concerned by pushes: a working copy is never fetched into. */
export interface PushedRepo {
  readonly repo: Pick<ServedRepo, "id" | "kind" | "owner" | "name">;
  readonly target: Pick<SyncTarget, "storeKey">;
}

/** What GitHub sent, once its signature was found to be right. */
export interface GithubDelivery {
  /** The same when GitHub delivers again. */
  readonly id: string;
  readonly event: string;
  /** Anything that JSON can hold. */
  readonly payload: unknown;
}

/**
 * Turns deliveries of GitHub's webhooks into requests to the queue. A delivery is stored before it is acknowledged, and
 * finished when the run that answers it is, whatever its outcome: the queue itself repeats what can be repeated. One
 * whose run was cut short by the end of the server stays for `replay`. There is nothing to release: the queue's
 * disposal waits for what is written when runs end.
 */
export class GithubDeliveries {
  readonly #deliveries: Deliveries;
  readonly #queue: SyncQueue;
  readonly #repos: () => Iterable<PushedRepo>;
  /** Ids of deliveries, by the run that will answer them. */
  readonly #waiting = new Map<string, string[]>();

  /** `repos` gives those that are served when it is called. */
  constructor(deliveries: Deliveries, queue: SyncQueue, repos: () => Iterable<PushedRepo>) {
    this.#deliveries = deliveries;
    this.#queue = queue;
    this.#repos = repos;
    queue.observe(({ storeKey, run }) => this.#heed(storeKey, run));
  }

  /**
   * `taken` when the delivery is in the store, now or since it came before; `ignored` when it asks nothing of what is
   * served here.
   * @throws {Problem} `request/invalid` for a push that does not say what was pushed.
   */
  async receive({ id, event, payload }: GithubDelivery): Promise<"taken" | "ignored"> {
    const reading = readDelivery(event, payload);
    if (reading.kind === "ignored") return "ignored";
    if (reading.kind === "malformed")
      throw new Problem("request/invalid", "The push does not name its ref and its repository.");

    const { push } = reading;
    const { forgeRepoId } = push;
    const task = { ...(forgeRepoId !== undefined && { forgeRepoId }), expect: expectationOf(push) };
    const needsRun = concernsStacks(push);
    const concerned = [...this.#repos()].filter(({ repo }) => isMirrorOf(repo, push.fullName));
    for (const { repo, target } of concerned) {
      const delivery = { id, event, repoKey: target.storeKey, task };
      const isNew = await this.#deliveries.add(delivery, { finished: !needsRun });
      if (isNew && needsRun) await this.#ask(repo.id, delivery);
    }
    return concerned.length > 0 ? "taken" : "ignored";
  }

  /** Asks again for what a process before this one acknowledged and did not finish. Call it once, at the start. */
  async replay(): Promise<void> {
    for (const { repo, target } of this.#repos()) {
      const unfinished = await this.#deliveries.unfinished(target.storeKey);
      for (const delivery of unfinished) await this.#ask(repo.id, delivery);
    }
  }

  async #ask(repoId: string, { id, repoKey, task }: Delivery): Promise<void> {
    const ticket = this.#queue.request(repoId, { trigger: "webhook", expect: task.expect });
    const sameRun = this.#waiting.get(ticket.runId);
    if (sameRun) sameRun.push(id);
    else this.#waiting.set(ticket.runId, [id]);
    await this.#heed(repoKey, ticket.run());
  }

  async #heed(storeKey: string, { id: runId, state, error }: SyncRun): Promise<void> {
    if (state !== "finished") return;
    const ids = this.#waiting.get(runId) ?? [];
    this.#waiting.delete(runId);
    if (error?.code !== "sync/shutting-down") await this.#deliveries.finish(storeKey, ids);
  }
}

function isMirrorOf({ kind, owner, name }: PushedRepo["repo"], fullName: string): boolean {
  if (kind !== "mirror" || owner === undefined || name === undefined) return false;
  return `${owner}/${name}`.toLowerCase() === fullName.toLowerCase();
}
