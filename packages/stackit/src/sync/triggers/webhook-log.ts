import { Problem } from "../../contract/problem-error.ts";
import type {
  DeliveryResult,
  KeptPayload,
  WebhookDelivery,
  WebhookDeliveryList,
} from "../../contract/webhook-deliveries.ts";
import { FollowUp } from "../../lib/follow-up.ts";
import { fullNameOf } from "../../repos/mirror-place.ts";
import type { Deliveries } from "../../store/deliveries.ts";
import type { DeliveryLog, LoggedDelivery, LogPosition } from "../../store/delivery-log.ts";
import type { RefusedDeliveries, RefusedDelivery } from "../../store/refused-deliveries.ts";
import type { ForgeNames } from "../forge-names.ts";

export interface WebhookLogQuestion {
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
  /** `repeated`: taken, and came again. */
  readonly result?: DeliveryResult | "repeated" | undefined;
  /** A repository's id. */
  readonly repo?: string | undefined;
}

export interface WebhookLogStore {
  readonly deliveries: Pick<Deliveries, "find">;
  readonly refusedDeliveries: Pick<RefusedDeliveries, "add">;
  readonly deliveryLog: Pick<DeliveryLog, "list">;
}

/** Kinds of refusals that wait to be written; of more it is not kept from where they came. */
const MAX_WAITING = 200;

/**
 * What became of deliveries, for operators. Who is refused does not wait until it is written down, and a flood of them costs one
 * write at a time: what is alike is counted. Disposal waits for what is being written.
 */
export class WebhookLog implements AsyncDisposable {
  readonly #store: WebhookLogStore;
  readonly #names: Pick<ForgeNames, "followed">;
  readonly #writing = new FollowUp(() => this.#write());
  #waiting = new Map<string, { readonly one: RefusedDelivery; came: number }>();

  constructor(store: WebhookLogStore, names: Pick<ForgeNames, "followed">) {
    this.#store = store;
    this.#names = names;
  }

  /** Counts one that was not taken. */
  refused(delivery: RefusedDelivery): void {
    const { result, status } = delivery;
    const one = this.#waiting.size < MAX_WAITING ? delivery : { result, status };
    const key = JSON.stringify([one.result, one.status, one.event, one.repository, one.address]);
    const same = this.#waiting.get(key);
    if (same) same.came++;
    else this.#waiting.set(key, { one, came: 1 });
    this.#writing.ask();
  }

  /** Newest first. @throws {Problem} `request/invalid` for a `before` that no page gave. */
  async list({ limit, before, result, repo }: WebhookLogQuestion): Promise<WebhookDeliveryList> {
    const followed = [...this.#names.followed];
    const wanted = followed.find((one) => one.repo.id === repo);
    if (repo !== undefined && !wanted) return { deliveries: [] };
    const ofRepo = wanted && { key: wanted.storeKey, fullName: fullNameOf(wanted.repo.place) };
    const position = before === undefined ? undefined : parsePosition(before);
    const found = await this.#store.deliveryLog.list({ limit, before: position, result, repo: ofRepo });
    const ids = new Map(followed.map((one) => [one.storeKey, one.repo.id]));
    return {
      deliveries: found.deliveries.map((each) => toDelivery(each, ids)),
      ...(found.next && { next: formatPosition(found.next) }),
    };
  }

  /** @throws {Problem} `webhook/not-found` */
  async payload(repoId: string, id: string): Promise<KeptPayload> {
    const followed = [...this.#names.followed].find(({ repo }) => repo.id === repoId);
    const found = followed && (await this.#store.deliveries.find(followed.storeKey, id));
    if (!found) throw noSuchDelivery();
    return found.payload ?? { omitted: [] };
  }

  async #write(): Promise<void> {
    const those = [...this.#waiting.values()];
    this.#waiting = new Map();
    await this.#store.refusedDeliveries.add(those);
  }

  /** Settles when what was refused so far is written. */
  async settled(): Promise<void> {
    await this.#writing.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.idle();
    await this.#writing[Symbol.asyncDispose]();
  }
}

export function noSuchDelivery(): Problem {
  return new Problem("webhook/not-found", "No delivery with this id is stored of this repository.");
}

function toDelivery(
  { key, firstAtMs, lastAtMs, came, result, status, event, repository, address, taken }: LoggedDelivery,
  ids: ReadonlyMap<string, string>,
): WebhookDelivery {
  const repoId = taken && ids.get(taken.repoKey);
  return {
    key,
    at: new Date(firstAtMs).toISOString(),
    lastAt: new Date(lastAtMs).toISOString(),
    count: came,
    result,
    status,
    ...(event !== "" && { event }),
    ...(repository !== "" && { repository }),
    ...(address !== "" && { address }),
    ...(repoId !== undefined && { repoId }),
    ...(taken && {
      deliveryId: taken.id,
      isAnswered: taken.isAnswered,
      ...(taken.runId !== null && { runId: taken.runId }),
      ...(taken.replayRunId !== null && { replayRunId: taken.replayRunId }),
    }),
  };
}

function formatPosition({ atMs, key }: LogPosition): string {
  return Buffer.from(JSON.stringify([atMs, key])).toString("base64url");
}

function parsePosition(text: string): LogPosition {
  try {
    const [atMs, key]: unknown[] = JSON.parse(Buffer.from(text, "base64url").toString());
    if (typeof atMs === "number" && typeof key === "string") return { atMs, key };
  } catch {
    // Said below.
  }
  throw new Problem("request/invalid", "`before` is not the `next` of a page of this list.");
}
