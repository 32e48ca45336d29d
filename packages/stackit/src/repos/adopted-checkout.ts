import { join } from "node:path";
import type { ForgeHealth } from "../contract/repo.ts";
import type { RefChanges } from "../contract/sync-run.ts";
import type { GitConfig } from "../git/config-list.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import { MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { type ReadUrl, readOwnConfig, remoteUrlOf } from "./checkout-config.ts";
import { CheckoutFailedError, CheckoutRefusedError } from "./checkout-refusal.ts";
import { stampOfCheckout } from "./checkout-stamp.ts";
import { type ExaminedCheckout, examineCheckout } from "./examine-checkout.ts";
import { findCheckout } from "./find-checkout.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { handOver } from "./hand-over.ts";
import { removeOwnLocks } from "./head-lock.ts";
import type { Mirror } from "./mirror.ts";
import type { MirrorResult, MirrorWork } from "./mirror-options.ts";
import type { PushHistory } from "./push-history.ts";
import type { ChangedFileOptions, DiffOptions, Patch, ServedRepo } from "./served-repo.ts";
import type { Published } from "./snapshot-publisher.ts";

export interface AdoptedCheckoutOptions {
  readonly id: string;
  readonly folder: string;
  /** Of its remote; by default what the clone itself is configured with. */
  readonly url?: URL;
  readonly readUrl: ReadUrl;
  readonly displayName?: string;
  readonly owner?: string;
  readonly name?: string;
  /** Below the data folder; made anew for each use. */
  readonly standIn: string;
  /** Where the mirror is. */
  readonly mirrorDir: string;
  readonly openMirror: (
    url: URL,
    beforePublishing: (signal: AbortSignal) => Promise<void>,
  ) => Promise<Mirror>;
  /** Whether that Git folder is served in another way too, so that it must not be changed. */
  readonly isServedElsewhere: (gitDir: string) => boolean;
  /** To be told where commits were kept that were found in the clone and not on its remote. */
  readonly onKept: (refs: readonly string[]) => void;
}

/**
 * A clone with files that was handed over to the server. A mirror of its remote does the fetching; what that has brought is handed
 * over to the clone before readers see it, while nothing there stands in the way. So no git that speaks to a remote ever reads
 * the clone's configuration. One refresh at a time. Disposal ends what runs.
 */
export class AdoptedCheckout implements ServedRepo, AsyncDisposable {
  readonly kind = "mirror";
  readonly id: string;
  readonly #spawner: Spawner;
  readonly #options: AdoptedCheckoutOptions;
  readonly #listeners = new Set<(published: Published) => void>();
  readonly #closing = new AbortController();
  #mirror: Mirror | undefined;
  #url: URL | undefined;
  #gitDir: string | undefined;
  /** Of the checkout when all was handed over. */
  #leftAs: string | undefined;
  /** Settles when nobody reads or changes the checkout. Never rejects. */
  #atWork: Promise<unknown> = Promise.resolve();

  constructor(spawner: Spawner, options: AdoptedCheckoutOptions) {
    this.id = options.id;
    this.#spawner = spawner;
    this.#options = options;
  }

  get displayName(): string {
    return this.#mirror?.displayName ?? this.#options.displayName ?? this.id;
  }

  get owner(): string | undefined {
    return this.#mirror?.owner ?? this.#options.owner;
  }

  get name(): string | undefined {
    return this.#mirror?.name ?? this.#options.name;
  }

  get formerNames(): readonly string[] {
    return this.#mirror?.formerNames ?? [];
  }

  get deletedAt(): string | undefined {
    return this.#mirror?.deletedAt;
  }

  get forge(): ForgeHealth | undefined {
    return this.#mirror?.forge;
  }

  /** Of the remote, once it is known. */
  get host(): string | undefined {
    return this.#mirror?.host ?? this.#options.url?.host;
  }

  get remotes(): Mirror["remotes"] {
    return this.#mirror?.remotes ?? [];
  }

  get refPrefixes(): readonly string[] {
    return MIRRORED_PREFIXES;
  }

  /** What fetches for it, once its remote is known. */
  get mirror(): Mirror | undefined {
    return this.#mirror;
  }

  /** The clone's, once it was found. */
  get gitDir(): string | undefined {
    return this.#gitDir;
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#mirror?.snapshot;
  }

  refOid(ref: string): string | undefined {
    return this.#mirror?.refOid(ref);
  }

  /** The listener must not throw. Returns the way to stop listening. */
  onPublished(listener: (published: Published) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settles when all is published that can be found out of the last reading, such as what has landed. */
  async settled(): Promise<void> {
    await this.#mirror?.settled();
  }

  /**
   * Learns who its remote is. A refresh does so by itself, and again until it is known.
   * @throws {CheckoutRefusedError} {CheckoutFailedError}
   */
  async open(signal: AbortSignal): Promise<void> {
    await this.#alone(async () => {
      const config = await orFailed(async () => {
        const { gitDir } = await findCheckout(this.#options.folder);
        this.#gitDir = gitDir;
        return readOwnConfig(new ReadOnlyGit(this.#spawner, gitDir), this.#until(signal));
      });
      await this.#mirrorOf(this.#urlIn(config));
    });
  }

  /**
   * Makes mirror and checkout equal to the remote and publishes what follows.
   * @throws {CheckoutRefusedError} when the checkout is not fit, before anybody is contacted; {CheckoutFailedError}; as `Mirror.refresh`
   */
  async refresh(work: MirrorWork): Promise<MirrorResult> {
    const signal = this.#until(work.signal);
    const mirror = await this.#alone(() => this.#admit(signal));
    const result = await mirror.refresh({ ...work, signal });
    if (result.outcome !== "held" && this.#leftAs === undefined) {
      await this.#alone(() => this.#handOver(signal));
    }
    return result;
  }

  /** Also while a refresh is at work. @throws as `refresh` */
  async probe(signal: AbortSignal): Promise<RefChanges> {
    const until = this.#until(signal);
    return (await this.#alone(() => this.#admit(until))).probe(until);
  }

  get pushes(): PushHistory | undefined {
    return this.#mirror?.pushes;
  }

  async diff(range: { base: string; head: string }, options: DiffOptions): Promise<Patch> {
    if (!this.#mirror) throw new Error("nothing was read yet");
    return this.#mirror.diff(range, options);
  }

  async changedFile(range: { base: string; head: string }, options: ChangedFileOptions): Promise<Buffer> {
    if (!this.#mirror) throw new Error("nothing was read yet");
    return this.#mirror.changedFile(range, options);
  }

  /** The mirror is maintained, and the clone left to git. @throws as `Mirror.maintain` */
  async maintain(work: { signal: AbortSignal }): ReturnType<Mirror["maintain"]> {
    return this.#mirror?.maintain(work);
  }

  /** The mirror, when the checkout is as it was left or can be handed over. */
  async #admit(signal: AbortSignal): Promise<Mirror> {
    const stamp = this.#gitDir === undefined ? undefined : await stampOfCheckout(this.#gitDir);
    if (this.#mirror && stamp !== undefined && stamp === this.#leftAs) return this.#mirror;
    this.#leftAs = undefined;
    const { config } = await this.#examine(signal);
    return this.#mirrorOf(this.#urlIn(config));
  }

  #urlIn(config: GitConfig): URL {
    return this.#options.url ?? remoteUrlOf(config, this.#options.readUrl);
  }

  async #mirrorOf(url: URL): Promise<Mirror> {
    if (this.#mirror && url.href === this.#url?.href) return this.#mirror;
    if (this.#mirror?.snapshot) {
      throw new CheckoutRefusedError(
        "The URL of its remote has changed.",
        "Restart the server to follow the new one, or change it back.",
      );
    }
    await this.#mirror?.[Symbol.asyncDispose]();
    this.#mirror = undefined;
    this.#url = url;
    this.#mirror = await this.#options.openMirror(url, (signal) => this.#alone(() => this.#handOver(signal)));
    this.#mirror.onPublished((published) => {
      for (const listener of this.#listeners) listener(published);
    });
    return this.#mirror;
  }

  /** @throws {CheckoutRefusedError} {CheckoutFailedError} */
  async #examine(signal: AbortSignal): Promise<ExaminedCheckout> {
    const { folder, standIn, isServedElsewhere } = this.#options;
    return orFailed(async () => {
      await removeOwnLocks(join(folder, ".git"));
      const found = await findCheckout(folder);
      this.#gitDir = found.gitDir;
      if (isServedElsewhere(found.gitDir)) {
        throw new CheckoutRefusedError(
          "The same clone is served a second time here, and must not be changed under that.",
          "Leave one of the two out of the configuration.",
        );
      }
      return examineCheckout(this.#spawner, found, standIn, signal);
    });
  }

  async #handOver(signal: AbortSignal): Promise<void> {
    this.#leftAs = undefined;
    const checkout = await this.#examine(signal);
    const { id, mirrorDir: dir, onKept } = this.#options;
    await orFailed(async () => {
      const kept = await handOver(this.#spawner, checkout, { id, dir }, signal);
      if (kept.length > 0) onKept(kept);
      this.#leftAs = await stampOfCheckout(checkout.gitDir);
    });
  }

  /** One after the other: each looks at what the one before has left, with the same stand-in. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#atWork.then(work);
    this.#atWork = turn.catch(() => {});
    return turn;
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#mirror?.[Symbol.asyncDispose]();
  }
}

/** What comes of the checkout must not be taken for something that the mirror has. */
async function orFailed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CheckoutRefusedError) throw error;
    throw new CheckoutFailedError(error);
  }
}
