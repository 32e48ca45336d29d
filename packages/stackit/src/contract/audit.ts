import { type Static, Type } from "typebox";
import { Instant } from "./repo.ts";

/** `access-removed`: by the server, when somebody is not let in any more. `token-used`: once a day from each address. */
export const AuditAction = Type.Enum([
  "sign-in",
  "sign-in-refused",
  "sign-out",
  "access-refused",
  "access-removed",
  "sync",
  "submit",
  "token-created",
  "token-used",
  "token-revoked",
  "repo-added",
  "repo-removed",
  "webhook-replayed",
  "run-cancelled",
  "mirror-recloned",
  "mirror-repaired",
]);
export type AuditAction = Static<typeof AuditAction>;

/** What is written down of who did what. */
export const AuditEntry = Type.Object(
  {
    id: Type.String(),
    at: Instant,
    action: AuditAction,
    outcome: Type.Enum(["done", "refused"]),
    /** Absent for nobody in particular. */
    actor: Type.Optional(
      Type.Object({
        kind: Type.Enum(["person", "token", "local"]),
        /** Stays when the name changes. */
        id: Type.String(),
        name: Type.String(),
      }),
    ),
    /** What it was done to: a repository's id, a token's name, or a person's login. */
    target: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
    /** From where; empty when it was done on the server itself. */
    address: Type.String(),
    /** Of the log's line; empty when it was no request. */
    requestId: Type.String(),
  },
  { $id: "AuditEntry" },
);
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditList = Type.Object(
  {
    entries: Type.Array(Type.Ref("AuditEntry")),
    /** Give it as `before` to read on; absent on the last page. */
    next: Type.Optional(Type.String()),
  },
  { $id: "AuditList" },
);
export type AuditList = { entries: AuditEntry[]; next?: string };
