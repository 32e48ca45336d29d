import type { RepoStatus } from "stackit/contract/repo";
import { Link } from "wouter";
import { formatRoute } from "../../routes/location.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { RunLink } from "./run-link.tsx";

/** That a change came which no webhook announced, and where to look. Nothing unless one did. */
export function SilentHook({ status }: { status: RepoStatus }) {
  const { health, silentSince, lastPushAt, runId } = status.hook ?? {};
  if (health !== "silent" || !silentSince || !lastPushAt || !runId) return null;
  const deliveries = { page: "webhooks", repo: status.id, result: "all" } as const;
  return (
    <div className="callout warn" role="note">
      <Sign name="late" />
      <div>
        <p>
          <strong>A change came that no webhook announced.</strong>{" "}
          <RunLink repo={status} runId={runId}>
            A sync found it
          </RunLink>{" "}
          <Age at={silentSince} focusable />; the last push that was announced came{" "}
          <Age at={lastPushAt} focusable />.
        </p>
        <p className="meta">
          Look at its settings at GitHub: the address, the secret, whether it sends pushes, and what its last
          deliveries were answered. Until a push is announced again, changes are found by looking.{" "}
          <Link className="link" href={formatRoute(deliveries)}>
            What came of its deliveries here
          </Link>
        </p>
      </div>
    </div>
  );
}
