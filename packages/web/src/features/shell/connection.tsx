import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Freshness, ServerConfig } from "stackit/contract/repo";
import { describeLink, type LinkState } from "../../api/live/link.ts";
import { configQuery, useConfig } from "../../api/queries.ts";
import { formatClock, formatSpan } from "../../lib/durations.ts";
import { useServices, useStore, useTicking } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { type GlyphName, Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { AboutServer } from "./about-server.tsx";
import { updateWords } from "./update-words.ts";

/** The state of the connection now; drawn again when it is another one, or once a second while it is not live. */
function useLinkState(): LinkState {
  const { live } = useServices();
  const link = useStore(live.link);
  // The link keeps the browser's time, not the server's.
  useTicking(() => stateKey(describeLink(link, Date.now())));
  return describeLink(link, Date.now());
}

function stateKey(state: LinkState): string {
  const from = "since" in state ? state.since : state.kind === "polling" ? state.nextAt : undefined;
  const seconds = from === undefined ? 0 : Math.floor((Date.now() - from) / 1000);
  return `${state.kind} ${seconds}`;
}

const signs: Record<LinkState["kind"], GlyphName> = {
  connecting: "hollow",
  live: "live",
  "catching-up": "half",
  reconnecting: "hollow",
  offline: "offline",
  polling: "half",
  "server-error": "failing",
};

export function ConnectionState() {
  const { live } = useServices();
  const state = useLinkState();
  // With a strip below, the button is there.
  const waiting = (state.kind === "reconnecting" || state.kind === "server-error") && !state.strip;
  return (
    <div className={`connection ${state.kind}`}>
      <span role="status" className="connection-state">
        <Sign name={signs[state.kind]} />
        <span className="cut">{stateWord(state)}</span>
      </span>
      {state.kind === "reconnecting" && (
        <span className="connection-age num" aria-hidden="true">
          {formatSpan(Date.now() - state.since)}
        </span>
      )}
      {waiting && (
        <Button look="quiet" size="small" onClick={live.tryNow}>
          Try now
        </Button>
      )}
    </div>
  );
}

function stateWord(state: LinkState): string {
  switch (state.kind) {
    case "connecting":
      return "Connecting…";
    case "live":
      return "Live";
    case "catching-up":
      return "Catching up…";
    case "reconnecting":
      return "Reconnecting";
    case "offline":
      return "Offline";
    case "polling":
      return `Updating every ${state.everySec}\u202fs`;
    case "server-error":
      return "Server error";
  }
}

/**
 * One line below the bar, for what matters most: no connection, then a new version, then that the server is public. `freshness`: of the
 * repository that is shown.
 */
export function Strip({ freshness }: { freshness: Freshness | undefined }) {
  const { live } = useServices();
  const state = useLinkState();
  const config = useConfig();
  const newVersion = useNewVersion();

  if ("strip" in state && state.strip) {
    return (
      <div className={`strip ${state.kind === "server-error" ? "bad" : "warn"}`} role="note">
        <Sign name={signs[state.kind]} />
        <p>{stripText(state)}</p>
        {state.kind === "server-error" && state.requestId && (
          <CopyButton text={`Request ${state.requestId}`} what="the details" label="Copy details" />
        )}
        {state.kind !== "offline" && (
          <Button size="small" onClick={live.tryNow}>
            Try now
          </Button>
        )}
      </div>
    );
  }
  if (newVersion) {
    return (
      <div className="strip" role="note">
        <p>A new version of this page is available.</p>
        <Button size="small" onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    );
  }
  return config?.readOnly ? <PublicStrip state={state} config={config} freshness={freshness} /> : null;
}

function PublicStrip({
  state,
  config,
  freshness,
}: {
  state: LinkState;
  config: ServerConfig;
  freshness: Freshness | undefined;
}) {
  const [about, setAbout] = useState(false);
  const isCrowded = state.kind === "polling" && state.isCrowded;
  const updates = updateWords(freshness, config);
  return (
    <div className="strip public" role="note">
      {isCrowded ? (
        <p>Many visitors. {nextUpdate(state.nextAt)}</p>
      ) : (
        <p className="parts">
          <span>Public read-only view</span>
          {freshness?.lastSuccessAt && (
            <span>
              synced <Age at={freshness.lastSuccessAt} />
            </span>
          )}
          {updates && <span>{updates}</span>}
        </p>
      )}
      <Button size="small" aria-haspopup="dialog" onClick={() => setAbout(true)}>
        About this server
      </Button>
      {about && <AboutServer config={config} onClose={() => setAbout(false)} />}
    </div>
  );
}

function nextUpdate(at: number | undefined): string {
  return at === undefined ? "Updating…" : `Next update in ${formatSpan(Math.max(0, at - Date.now()) + 999)}.`;
}

function stripText(state: LinkState): string {
  if (!("since" in state)) return "";
  const since = formatClock(state.since);
  const doubt = "What you see may have changed.";
  switch (state.kind) {
    case "offline":
      return `You are offline. Not live since ${since}. ${doubt}`;
    case "server-error":
      return `The server fails to answer since ${since}${state.requestId ? ` (request ${state.requestId})` : ""}. ${doubt}`;
    default:
      return state.silent
        ? `The server does not answer. Not live since ${since}. ${doubt}`
        : `Not live since ${since}. ${doubt}`;
  }
}

/** Whether the server is another than the one this page came from, or a part of the page is no longer there. */
function useNewVersion(): boolean {
  const version = useQuery(configQuery).data?.version;
  const [first, setFirst] = useState<string>();
  const [missing, setMissing] = useState(false);
  if (first === undefined && version !== undefined) setFirst(version);

  useEffect(() => {
    const onMissing = () => setMissing(true);
    window.addEventListener("vite:preloadError", onMissing);
    return () => window.removeEventListener("vite:preloadError", onMissing);
  }, []);

  return missing || (first !== undefined && version !== undefined && version !== first);
}
