import { useMutation } from "@tanstack/react-query";
import type { RepoStatus } from "stackit/contract/repo";
import type { SyncProbe } from "stackit/contract/sync-run";
import { postJson } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { formatAbsolute, formatDuration } from "../../lib/durations.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ActFailure } from "./act-failure.tsx";
import { probeWords } from "./probe-words.ts";

/** Looks at the source as a sync would, changes nothing, and tells what came of it. */
export function Connection({ status, source }: { status: RepoStatus; source: string }) {
  const { id, displayName, kind } = status;
  const { session, announcer, ticker } = useServices();
  const isMirror = kind === "mirror";
  const check = useMutation({
    mutationFn: async () => {
      const begunAt = performance.now();
      const { wouldChange } = await postJson<SyncProbe>(paths.sync(id), { body: { probe: true } });
      return { found: probeWords(wouldChange), tookMs: performance.now() - begunAt };
    },
    onMutate: () => ({ at: ticker.now() }),
    onSuccess: ({ found }) => announcer.say(`${displayName} answered. ${found}`),
    onError: (error) => {
      session.hear(error);
      announcer.say(`${displayName} could not be reached`);
    },
  });
  const at = check.context?.at;
  const name = isMirror ? "Check connection" : "Check the folder";
  return (
    <section aria-labelledby="ops-connection">
      <header className="ops-head">
        <h2 id="ops-connection">{isMirror ? "Connection" : "Folder"}</h2>
        <Button
          size="small"
          unavailable={check.isPending ? "It is being checked" : undefined}
          onClick={() => check.mutate()}
        >
          {check.isPending ? "Checking…" : name}
        </Button>
      </header>
      <p className="meta">
        {isMirror
          ? "Asks the remote what it has, with what a sync signs in with. Nothing is fetched or changed."
          : "Reads the folder as a sync would. Nothing is changed, here or there."}
      </p>
      {at !== undefined && (
        <ol className="ops-log" aria-label="What came of the check">
          <li>
            <time dateTime={new Date(at).toISOString()} title={formatAbsolute(at)}>
              {timeOfDay.format(at)}
            </time>
            {isMirror ? `Asked ${source}` : `Read ${source}`}
          </li>
          {check.data && (
            <>
              <li>
                <Sign name="ok" /> {isMirror ? "It answered" : "It could be read"} within{" "}
                {formatDuration(check.data.tookMs)}
              </li>
              <li>{check.data.found}</li>
            </>
          )}
        </ol>
      )}
      {check.error && <ActFailure error={check.error} status={status} />}
    </section>
  );
}

const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
