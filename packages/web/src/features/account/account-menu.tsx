import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect, useRef, useState } from "react";
import type { SignedIn } from "stackit/contract/auth";
import { ApiError } from "../../api/client.ts";
import { meQuery, useConfig } from "../../api/queries.ts";
import { useServices } from "../../services.ts";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";

const SessionsDialog = lazyPart(async () => (await import("./sessions-dialog.tsx")).SessionsDialog);

/** Who is signed in; nothing where nobody has to. */
export function AccountMenu() {
  const authRequired = useConfig()?.authRequired ?? false;
  const me = useQuery({ ...meQuery, enabled: authRequired }).data;
  useOnePerson(me?.id);
  return me ? <Menu me={me} /> : null;
}

/** What one person was shown is not for the next: another tab may sign in somebody else. */
function useOnePerson(id: string | undefined): void {
  const first = useRef(id);
  useEffect(() => {
    if (id === undefined || id === first.current) return;
    if (first.current === undefined) first.current = id;
    else location.reload();
  }, [id]);
}

function Menu({ me }: { me: SignedIn }) {
  const menu = useRef<HTMLElement>(null);
  const [sessions, setSessions] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button quiet small account-button"
        popoverTarget="account"
        aria-label={`Account, ${me.login}`}
      >
        <Sign name="person" />
        <span className="cut">{me.login}</span>
        <Sign name="down" />
      </button>
      <section ref={menu} id="account" popover="auto" className="menu" aria-label="Account">
        <p className="menu-head">
          <span className="meta">Signed in with GitHub</span>
          <span className="menu-name">
            <strong className="cut">{me.login}</strong>
            {me.isOperator && <span className="chip">Operator</span>}
          </span>
        </p>
        <button
          type="button"
          className="menu-item"
          aria-haspopup="dialog"
          onClick={() => {
            menu.current?.hidePopover();
            setSessions(true);
          }}
        >
          Sessions…
        </button>
        <LeaveButtons />
      </section>
      {sessions && (
        <ErrorBoundary part="The list of sessions">
          <Suspense>
            <SessionsDialog onClose={() => setSessions(false)} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}

function LeaveButtons() {
  const { session } = useServices();
  const [failed, setFailed] = useState<string>();
  const leave = (where: "here" | "everywhere") => {
    setFailed(undefined);
    session.leave(where).catch((error: unknown) => {
      setFailed(error instanceof ApiError ? error.title : "The request failed");
    });
  };
  return (
    <>
      <button type="button" className="menu-item" onClick={() => leave("here")}>
        Sign out
      </button>
      <button type="button" className="menu-item" onClick={() => leave("everywhere")}>
        Sign out everywhere
      </button>
      {failed !== undefined && (
        <p className="meta menu-failure" role="alert">
          You are still signed in. {failed}.
        </p>
      )}
    </>
  );
}
