import { useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { count } from "../../lib/words.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { nameOf } from "./attention.ts";
import { useSyncAll } from "./use-sync-all.ts";

/** `late`: those that this person may have synced. */
export function SyncAllLate({ late }: { late: readonly RepoSummary[] }) {
  const { progress, start } = useSyncAll();
  const [asking, setAsking] = useState(false);
  const obstacle = progress
    ? "They are being synced"
    : late.length === 0
      ? "No repository is late"
      : undefined;
  useShortcut("syncAllLate", () => {
    if (obstacle === undefined) setAsking(true);
    return true;
  });
  return (
    <>
      {progress && (
        <span className="meta" role="status">
          {progress.done} of {progress.of}
        </span>
      )}
      <Button title="Sync all late (Shift S)" unavailable={obstacle} onClick={() => setAsking(true)}>
        Sync all late
      </Button>
      {asking && (
        <Dialog
          title={`Sync ${count(late.length, "late repository", "late repositories")}`}
          onClose={() => setAsking(false)}
        >
          <ul className="plain-list">
            {late.map((repo) => (
              <li key={repo.id}>{nameOf(repo)}</li>
            ))}
          </ul>
          <p className="dialog-actions">
            <Button
              look="ink"
              onClick={() => {
                setAsking(false);
                start(late);
              }}
            >
              Sync {late.length === 1 ? "it" : `these ${late.length}`}
            </Button>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
          </p>
        </Dialog>
      )}
    </>
  );
}
