import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SessionList } from "stackit/contract/auth";
import { ApiError, request } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";
import { sessionsQuery } from "../../api/queries.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { agentWords } from "./agent-words.ts";

type SessionEntry = SessionList["sessions"][number];

/** The browsers that the person is signed in with, each with a way to end it. */
export function SessionsDialog({ onClose }: { onClose: () => void }) {
  const sessions = useQuery(sessionsQuery);
  return (
    <Dialog title="Sessions" className="sessions" onClose={onClose}>
      <p className="meta">
        Browsers that you are signed in with here. A session ends by itself after seven days without use.
      </p>
      {sessions.data && (
        <ul aria-label="Sessions">
          {sessions.data.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {sessions.error && (
        <ProblemBox
          error={sessions.error}
          what="The list of sessions"
          onRetry={() => void sessions.refetch()}
        />
      )}
    </Dialog>
  );
}

function Entry({ entry }: { entry: SessionEntry }) {
  const { queries, session, announcer } = useServices();
  const [failed, setFailed] = useState<string>();
  const browser = agentWords(entry.agent);

  async function end() {
    setFailed(undefined);
    try {
      if (entry.isThis) return await session.leave("here");
      await request(paths.session(entry.id), { method: "DELETE" });
      announcer.say(`${browser} is signed out`);
    } catch (error) {
      // One that is gone already is what was wanted.
      if (error instanceof ApiError && error.status === 404) return;
      setFailed(error instanceof ApiError ? error.title : "The request failed");
    } finally {
      void queries.invalidateQueries({ queryKey: keys.sessions });
    }
  }

  return (
    <li>
      <div>
        <p className="session-name" title={entry.agent}>
          {browser} {entry.isThis && <span className="chip here">This browser</span>}
        </p>
        <p className="meta parts">
          <span>
            Last used <Age at={entry.usedAt} />
          </span>
          <span>
            signed in <Age at={entry.createdAt} />
          </span>
          <span>
            from <bdi className="mono">{entry.address}</bdi>
          </span>
        </p>
        {failed !== undefined && (
          <p className="meta bad-text" role="alert">
            Still signed in. {failed}.
          </p>
        )}
      </div>
      <Button
        size="small"
        aria-label={entry.isThis ? "Sign out of this browser" : `Sign out of ${browser}`}
        onClick={() => void end()}
      >
        Sign out
      </Button>
    </li>
  );
}
