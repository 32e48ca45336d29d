import { useEffect } from "react";
import { usePathname, useSearch } from "wouter/use-browser-location";
import { paths } from "../../api/paths.ts";
import { useConfig } from "../../api/queries.ts";
import type { SessionState } from "../../api/session.ts";
import { parseLocation } from "../../routes/location.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Mark } from "../../ui/mark.tsx";
import { obstacle, type SignInNote, type Surroundings, signInNote } from "./sign-in-words.ts";

/** Stands in place of everything, at whatever address, to which the sign-in comes back. */
export function SignInPage({ state }: { state: SessionState }) {
  const route = parseLocation(usePathname(), useSearch());
  const config = useConfig();
  const returnTo =
    route.page === "sign-in" ? route.returnTo : location.pathname + location.search + location.hash;
  const surroundings: Surroundings = {
    isSecure: window.isSecureContext,
    keepsCookies: navigator.cookieEnabled,
    contact: config?.contact,
  };
  const note = signInNote(state, route.page === "sign-in" ? route : undefined, surroundings);
  const hindrance = obstacle(surroundings);

  useEffect(() => {
    document.title = "Sign in · Stackit";
  }, []);

  return (
    <main className="sign-in">
      <div className="sign-in-column">
        <p className="sign-in-brand">
          <Mark size={28} />
          Stackit
        </p>
        <h1>
          Sign in to <b>{location.host}</b>
        </h1>
        {hindrance && <Note note={hindrance} />}
        {note && <Note note={note} />}
        <a className="button ink sign-in-button" href={paths.signIn(returnTo, note?.account)}>
          {note?.action ?? "Continue with GitHub"}
        </a>
        <p className="sign-in-terms">
          Stackit asks GitHub for your login, your number there and which of the repositories served here you
          can read. It stores these, the browsers you sign in from, and one cookie in this one.
        </p>
        {config && <p className="meta">Version {config.version}</p>}
      </div>
    </main>
  );
}

function Note({ note: { tone, title, text, contact } }: { note: SignInNote }) {
  return (
    <div className={`callout ${tone}`} role="alert">
      <Sign name={tone === "bad" ? "failing" : tone === "warn" ? "late" : "lock"} />
      <p>
        <strong>{title}</strong> {text}
        {contact !== undefined && <span className="sign-in-contact">{contact}</span>}
      </p>
    </div>
  );
}
