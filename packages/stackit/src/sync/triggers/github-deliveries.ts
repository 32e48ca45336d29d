import { Problem } from "../../contract/problem-error.ts";
import type { SyncRun } from "../../contract/sync-run.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import type { HeardOf } from "../../stacks/pull-request.ts";
import { HEADS } from "../../stacks/ref-reading.ts";
import type { Deliveries, Delivery } from "../../store/deliveries.ts";
import type { Followed, ForgeNames } from "../forge-names.ts";
import type { SyncQueue } from "../sync-queue.ts";
import type { FollowUpLooks } from "./follow-up-looks.ts";
import type { HookWatch } from "./hook-watch.ts";
import { keptPayload } from "./kept-payload.ts";
import { type Reading, readDelivery } from "./read-delivery.ts";
import { noSuchDelivery } from "./webhook-log.ts";
import type { WebhookSigns } from "./webhook-signs.ts";

/** What GitHub sent, once its signature was found to be right. */
export interface GithubDelivery {
  /** The same when GitHub delivers again. */
  readonly id: string;
  readonly event: string;
  /** Anything that JSON can hold. */
  readonly payload: unknown;
}

/** What is asked for pull requests. */
export interface AskedForge {
  watches(repoId: string): boolean;
  /** `onAnswered` is called once, when the forge was asked; never, when the server ends before. */
  heardOf(repoId: string, heardOf: HeardOf, onAnswered: () => Promise<void>): void;
}

/**
 * Turns deliveries of GitHub's webhooks into requests to the queue, and those about pull requests into questions to the forge. A delivery is stored before it is acknowledged, and
 * finished when the run that answers it is, whatever its outcome: the queue itself repeats what can be repeated. One
 * whose run was cut short by the end of the server stays for `resume`. There is nothing to release: the queue's
 * disposal waits for what is written when runs end.
 */
export class GithubDeliveries {
  readonly #deliveries: Deliveries;
  readonly #queue: SyncQueue;
  readonly #names: ForgeNames;
  readonly #followUps: Pick<FollowUpLooks, "pushed">;
  readonly #forge: AskedForge;
  readonly #clock: Pick<Clock, "now">;
  /** Deliveries, by the run that will answer them. `atMs`: when they came, unless that was before this process. */
  readonly #waiting = new Map<string, { id: string; atMs?: number | undefined }[]>();
  readonly #listeners = new Set<(tookMs: number) => void>();
  readonly #signs: Pick<WebhookSigns, "heard">;
  readonly #hooks: Pick<HookWatch, "pushed">;

  /** Only what `names` follows is concerned: a working copy is never fetched into. */
  constructor(
    deliveries: Deliveries,
    queue: SyncQueue,
    names: ForgeNames,
    followUps: Pick<FollowUpLooks, "pushed">,
    forge: AskedForge,
    signs: Pick<WebhookSigns, "heard">,
    hooks: Pick<HookWatch, "pushed">,
    clock: Pick<Clock, "now"> = systemClock,
  ) {
    this.#signs = signs;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#deliveries = deliveries;
    this.#queue = queue;
    this.#names = names;
    this.#followUps = followUps;
    this.#forge = forge;
    queue.observe(({ storeKey, run }) => this.#heed(storeKey, run));
  }

  /**
   * `taken` when the delivery is in the store, now or since it came before; `ignored` when it asks nothing of what is
   * served here.
   * @throws {Problem} `request/invalid` for one that does not say whom it concerns.
   */
  async receive({ id, event, payload }: GithubDelivery): Promise<"taken" | "ignored"> {
    const atMs = this.#clock.now();
    const reading = readDelivery(event, payload);
    if (reading.kind === "malformed")
      throw new Problem("request/invalid", `The payload of ${event} does not say what it is about.`);

    // Before anything is acknowledged: names need no run, and taking them in twice changes nothing.
    const concerned = await this.#heedNames(reading);
    const isPush = event === "push" && reading.kind === "news";
    const pushed = isPush ? reading.expect.map(({ ref }) => ref) : [];
    for (const { repo } of concerned) {
      this.#signs.heard(repo.id, event);
      if (isPush) this.#hooks.pushed(repo.id, pushed);
    }
    if (reading.kind === "ignored" || concerned.length === 0) return "ignored";
    const stored = { id, event, payload: keptPayload(payload) };
    if (reading.kind === "facts") return this.#takeFacts(stored, reading.heardOf, concerned);
    const { needsRun, expect, repos, pushedBy } = reading;
    const forgeRepoId = repos.length === 1 ? repos[0]?.forgeRepoId : undefined;
    const task = {
      ...(forgeRepoId !== undefined && { forgeRepoId }),
      expect,
      ...(pushedBy !== undefined && { pushedBy }),
    };
    for (const { repo, storeKey } of concerned) {
      const delivery = { ...stored, repoKey: storeKey, task };
      const isNew = await this.#deliveries.add(delivery, { finished: !needsRun });
      if (!isNew) await this.#deliveries.noteRepeat(delivery);
      else if (needsRun) await this.#ask(repo.id, delivery, atMs);
    }
    return "taken";
  }

  /**
   * Does again what a stored delivery asked for, without what it expected: by now the remote may be elsewhere.
   * @throws {Problem} `webhook/not-found`
   */
  async replay(repoId: string, id: string, requestedBy: string | undefined): Promise<SyncRun> {
    const followed = [...this.#names.followed].find(({ repo }) => repo.id === repoId);
    const delivery = followed && (await this.#deliveries.find(followed.storeKey, id));
    if (!delivery) throw noSuchDelivery();
    const { heardOf } = delivery.task;
    if (heardOf && this.#forge.watches(repoId)) this.#forge.heardOf(repoId, heardOf, async () => {});
    const by = requestedBy === undefined ? {} : { requestedBy };
    const ticket = this.#queue.request(repoId, { trigger: "replay", ...by });
    await this.#deliveries.noteReplay(delivery, ticket.runId);
    return ticket.run();
  }

  /** The listener is told how long a delivery took until its run had succeeded. It must not throw. Returns what ends it. */
  onAnswered(listener: (tookMs: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks again for what a process before this one acknowledged and did not finish. Call it once, at the start. */
  async resume(): Promise<void> {
    for (const { repo, storeKey } of this.#names.followed) {
      const unfinished = await this.#deliveries.unfinished(storeKey);
      for (const delivery of unfinished) {
        const { heardOf } = delivery.task;
        if (!heardOf) await this.#ask(repo.id, delivery);
        else if (this.#forge.watches(repo.id)) this.#askForge(repo.id, delivery, heardOf);
      }
    }
  }

  async #takeFacts(
    stored: Pick<Delivery, "id" | "event" | "payload">,
    heardOf: HeardOf,
    concerned: readonly Followed[],
  ): Promise<"taken" | "ignored"> {
    const watched = concerned.filter(({ repo }) => this.#forge.watches(repo.id));
    for (const { repo, storeKey } of watched) {
      const delivery = { ...stored, repoKey: storeKey, task: { expect: [], heardOf } };
      if (await this.#deliveries.add(delivery)) this.#askForge(repo.id, delivery, heardOf);
      else await this.#deliveries.noteRepeat(delivery);
    }
    return watched.length > 0 ? "taken" : "ignored";
  }

  #askForge(repoId: string, { id, repoKey }: Delivery, heardOf: HeardOf): void {
    this.#forge.heardOf(repoId, heardOf, () => this.#deliveries.finish(repoKey, [id]));
  }

  async #heedNames(reading: Exclude<Reading, { kind: "malformed" }>): Promise<Followed[]> {
    const isDeletion = reading.kind === "news" && reading.isDeletion;
    const concerned = new Set<Followed>();
    for (const named of reading.repos) {
      const those = await this.#names.heed(named, isDeletion ? { deletedAtMs: Date.now() } : {});
      for (const each of those) concerned.add(each);
    }
    const owner = reading.kind === "news" ? reading.owner : undefined;
    if (owner) for (const each of this.#names.ownedBy(owner)) concerned.add(each);
    return [...concerned];
  }

  async #ask(repoId: string, { id, repoKey, task }: Delivery, atMs?: number): Promise<void> {
    const { expect, pushedBy } = task;
    const by = pushedBy === undefined ? {} : { pushedBy: [pushedBy] };
    const ticket = this.#queue.request(repoId, { trigger: "webhook", expect, ...by });
    if (expect.some(({ ref }) => ref.startsWith(HEADS))) this.#followUps.pushed(repoId, ticket.runId);
    const sameRun = this.#waiting.get(ticket.runId);
    if (sameRun) sameRun.push({ id, atMs });
    else this.#waiting.set(ticket.runId, [{ id, atMs }]);
    await this.#heed(repoKey, ticket.run());
  }

  async #heed(storeKey: string, { id: runId, state, outcome, error }: SyncRun): Promise<void> {
    if (state !== "finished") return;
    const answered = this.#waiting.get(runId) ?? [];
    this.#waiting.delete(runId);
    if (outcome === "updated" || outcome === "unchanged" || outcome === "partial") this.#tell(answered);
    const ids = answered.map(({ id }) => id);
    if (error?.code !== "sync/shutting-down") await this.#deliveries.finish(storeKey, ids, runId);
  }

  #tell(answered: readonly { atMs?: number | undefined }[]): void {
    const now = this.#clock.now();
    for (const { atMs } of answered) {
      if (atMs !== undefined) for (const listener of this.#listeners) listener(now - atMs);
    }
  }
}
