import { type Static, Type } from "typebox";
import { Instant } from "./repo.ts";

/**
 * What became of a delivery of a webhook.
 * - `taken`: it is stored, and a run or a question to the forge answers it.
 * - `ignored`: it is signed, and asks nothing of what is served here.
 * - `invalid`: it is signed, and does not say what it is about.
 * - `bad-signature`, `not-signed`: nobody knows who sent it.
 * - `unread`: its body did not come, or was too large or too much at once.
 */
export const DeliveryResult = Type.Enum([
  "taken",
  "ignored",
  "invalid",
  "bad-signature",
  "not-signed",
  "unread",
]);
export type DeliveryResult = Static<typeof DeliveryResult>;

/** A delivery that was taken, for one repository; or those of ten minutes that were not and are alike. Ours. */
export const WebhookDelivery = Type.Object(
  {
    /** Tells it apart from all others. */
    key: Type.String(),
    /** When it came, the first of several. */
    at: Instant,
    /** When it came last. */
    lastAt: Instant,
    /** How often it came, or how many were alike. */
    count: Type.Integer({ minimum: 1 }),
    result: DeliveryResult,
    /** What it was answered. */
    status: Type.Integer(),
    /** Absent where nobody knows. */
    event: Type.Optional(Type.String()),
    /** The forge's own, of one that was taken: the same when it delivers again. */
    deliveryId: Type.Optional(Type.String()),
    /** The repository's id here, when it is served. */
    repoId: Type.Optional(Type.String()),
    /** The repository as a signed one names it. */
    repository: Type.Optional(Type.String()),
    /** From where it came, of one that was refused. */
    address: Type.Optional(Type.String()),
    /** Of one that was taken: whether it has been answered. */
    isAnswered: Type.Optional(Type.Boolean()),
    /** The run that answered it. */
    runId: Type.Optional(Type.String()),
    /** The run of its last replay. */
    replayRunId: Type.Optional(Type.String()),
  },
  { $id: "WebhookDelivery" },
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const WebhookDeliveryList = Type.Object(
  {
    deliveries: Type.Array(Type.Ref("WebhookDelivery")),
    /** Give it as `before` to read on; absent on the last page. */
    next: Type.Optional(Type.String()),
  },
  { $id: "WebhookDeliveryList" },
);
export type WebhookDeliveryList = { deliveries: WebhookDelivery[]; next?: string };

/** What is kept of a delivery's payload: names, numbers and ids that tell what it was about. Ours. */
export const KeptPayload = Type.Object(
  {
    /** Absent for one that was stored before payloads were kept. */
    payload: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    /** The first names in it of which nothing is kept. */
    omitted: Type.Array(Type.String()),
  },
  { $id: "KeptPayload" },
);
export type KeptPayload = Static<typeof KeptPayload>;
