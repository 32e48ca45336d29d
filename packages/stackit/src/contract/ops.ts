import { type Static, Type } from "typebox";
import { Instant } from "./repo.ts";
import { Trigger } from "./sync-run.ts";

/** A run that is at work or waits. */
export const PendingRun = Type.Object(
  {
    runId: Type.String(),
    repoId: Type.String(),
    state: Type.Enum(["queued", "running"]),
    triggers: Type.Array(Trigger),
    requestedBy: Type.Optional(Type.String()),
    requestedAt: Instant,
    startedAt: Type.Optional(Instant),
    /** 3: a person waits for it. 2: a webhook asked. 1: a watcher, or the start. 0: an interval. */
    priority: Type.Integer({ minimum: 0, maximum: 3 }),
    /** Of one that waits: 1 begins next, as it stands now. */
    position: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Why it does not begin though there may be room. */
    waitsFor: Type.Optional(
      Type.Enum(["slot", "host", "time"], {
        description:
          "`slot`: others are at work. `host`: its host has enough of them, or is left alone. `time`: it is to begin later.",
      }),
    ),
    /** With `waitsFor: time`. */
    dueAt: Type.Optional(Instant),
  },
  { $id: "PendingRun" },
);
export type PendingRun = Static<typeof PendingRun>;

/** How the server itself is doing. */
export const Ops = Type.Object(
  {
    version: Type.String(),
    /** Of Node. */
    node: Type.String(),
    startedAt: Instant,
    queue: Type.Object({
      /** So many runs at once, and of these on one host. */
      slots: Type.Integer(),
      slotsPerHost: Type.Integer(),
      /** Those at work, then those that wait in the order in which they would begin; at most 500. */
      runs: Type.Array(Type.Ref("PendingRun")),
      running: Type.Integer(),
      waiting: Type.Integer(),
    }),
    streams: Type.Object({ open: Type.Integer(), limit: Type.Integer() }),
    git: Type.Object({ running: Type.Integer() }),
    /** What is asked of forges. */
    forge: Type.Object({
      requests: Type.Integer(),
      /** Of the credential that has the least left; absent while it is not known. */
      quotaRemaining: Type.Optional(Type.Integer()),
    }),
    /** Of the file system that holds the data folder; absent where it does not say. */
    disk: Type.Optional(Type.Object({ freeBytes: Type.Integer(), totalBytes: Type.Integer() })),
    /** What it runs with, without secrets. */
    settings: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  },
  { $id: "Ops" },
);
type Server = Omit<Static<typeof Ops>, "queue">;
export type Ops = Server & {
  queue: { slots: number; slotsPerHost: number; runs: PendingRun[]; running: number; waiting: number };
};
