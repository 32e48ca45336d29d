import { type Static, Type } from "typebox";

/** What is written down of who did what. */
export const AuditEntry = Type.Object(
  {
    id: Type.String(),
    at: Type.String({ format: "date-time" }),
    action: Type.Enum([
      "sign-in",
      "sign-in-refused",
      "sign-out",
      "access-removed",
      "sync",
      "token-created",
      "token-revoked",
      "repo-added",
      "repo-removed",
    ]),
    /** Absent for nobody in particular. */
    actor: Type.Optional(
      Type.Object({
        kind: Type.Enum(["person", "token", "local"]),
        id: Type.String(),
        name: Type.String(),
      }),
    ),
    /** What it was done to: a repository's id, or a person's login. */
    target: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
    /** From where. */
    address: Type.String(),
    requestId: Type.String(),
  },
  { $id: "AuditEntry" },
);
export type AuditEntry = Static<typeof AuditEntry>;
