import type { SessionState } from "../../api/session.ts";
import type { SignInRoute } from "../../routes/location.ts";

export interface SignInNote {
  tone: "" | "warn" | "bad";
  title: string;
  text: string;
  /** In place of "Continue with GitHub". */
  action?: string;
  /** Whom to ask, in the words of whoever runs the server. */
  contact?: string;
  /** GitHub is to let the person choose. */
  account?: "other";
}

/** What the sign-in depends on besides GitHub. */
export interface Surroundings {
  isSecure: boolean;
  keepsCookies: boolean;
  contact: string | undefined;
}

/** Why somebody stands before the sign-in. What happened in this page comes before what the address says. */
export function signInNote(
  state: SessionState,
  came: Pick<SignInRoute, "refused" | "login"> | undefined,
  { contact }: Pick<Surroundings, "contact">,
): SignInNote | undefined {
  switch (state) {
    case "ended":
      return {
        tone: "warn",
        title: "Your session ended.",
        text: "What was shown here is gone from this page. Signing in leads back to it.",
        action: "Sign in again",
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
      return came?.refused && refusalNote(came.refused, came.login, contact);
  }
}

/** What stands in the way of any sign-in from here. */
export function obstacle({ isSecure, keepsCookies }: Surroundings): SignInNote | undefined {
  if (!keepsCookies) {
    return {
      tone: "bad",
      title: "This browser keeps no cookies.",
      text: "Without them nobody can sign in. Allow cookies for this site, then load the page again.",
    };
  }
  if (isSecure) return undefined;
  return {
    tone: "warn",
    title: "This connection is not encrypted.",
    text: "Others on the way could take over your session. Open this site by its https address.",
  };
}

function refusalNote(
  refused: NonNullable<SignInRoute["refused"]>,
  login: string | undefined,
  contact: string | undefined,
): SignInNote {
  switch (refused) {
    case "not-allowed":
      return {
        tone: "warn",
        title: `${login ?? "This account"} is not on the list of this server.`,
        text: contact === undefined ? "Ask whoever runs it." : "Whoever runs it says:",
        ...(contact !== undefined && { contact }),
        action: "Use another account",
        account: "other",
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
