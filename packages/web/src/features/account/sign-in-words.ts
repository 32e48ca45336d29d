import type { SessionState } from "../../api/session.ts";
import type { SignInRoute } from "../../routes/location.ts";

export interface SignInNote {
  tone: "" | "warn" | "bad";
  title: string;
  text: string;
  /** In place of "Continue with GitHub". */
  action?: string;
}

/** Why somebody stands before the sign-in. What happened in this page comes before what the address says. */
export function signInNote(
  state: SessionState,
  came: Pick<SignInRoute, "refused" | "login"> | undefined,
): SignInNote | undefined {
  switch (state) {
    case "ended":
      return {
        tone: "warn",
        title: "You are signed out.",
        text: "Your session ended, so what was shown here is gone from this page. Signing in leads back to it.",
      };
    case "left":
      return {
        tone: "",
        title: "You are signed out.",
        text: "Other browsers stay signed in. GitHub itself may still know you here.",
      };
    case "left-everywhere":
      return {
        tone: "",
        title: "You are signed out everywhere.",
        text: "What GitHub had allowed this server was given back.",
      };
    default:
      return came?.refused && refusalNote(came.refused, came.login);
  }
}

function refusalNote(refused: NonNullable<SignInRoute["refused"]>, login: string | undefined): SignInNote {
  switch (refused) {
    case "not-allowed":
      return {
        tone: "warn",
        title: `${login ?? "This account"} is not on the list of this server.`,
        text: "Ask whoever runs it. To use another account, first sign out of GitHub, or choose it there.",
        action: "Use another account",
      };
    case "cancelled":
      return {
        tone: "",
        title: "The sign-in was cancelled.",
        text: "GitHub told this server nothing about you.",
      };
    case "expired":
      return {
        tone: "warn",
        title: "That sign-in is no longer valid.",
        text: "It took more than ten minutes, was begun in another browser, or this one keeps no cookies.",
        action: "Start again",
      };
    case "forge":
      return {
        tone: "bad",
        title: "GitHub did not answer.",
        text: "Without it nobody can sign in. Try again in a minute.",
        action: "Try again",
      };
  }
}
