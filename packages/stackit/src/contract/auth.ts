import { type Static, Type } from "typebox";
import { Instant } from "./repo.ts";

/** Who is signed in. */
export const SignedIn = Type.Object(
  {
    /** The forge's host and its number for the person, which stays when the person takes another login. */
    id: Type.String(),
    login: Type.String(),
    isOperator: Type.Boolean(),
  },
  { $id: "SignedIn" },
);
export type SignedIn = Static<typeof SignedIn>;

/** Browsers that somebody is signed in with, the one used last first. */
export const SessionList = Type.Object(
  {
    sessions: Type.Array(
      Type.Object({
        id: Type.String(),
        /** Whether it is the one that asks. */
        isThis: Type.Boolean(),
        createdAt: Instant,
        usedAt: Instant,
        expiresAt: Instant,
        /** From where it was begun, and what the browser called itself. */
        address: Type.String(),
        agent: Type.String(),
      }),
    ),
  },
  { $id: "SessionList" },
);
export type SessionList = Static<typeof SessionList>;
