import { useMutation, useQuery } from "@tanstack/react-query";
import type { RepoSummary } from "stackit/contract/repo";
import type { KeptPayload, WebhookDelivery } from "stackit/contract/webhook-deliveries";
import { getJson, request } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";
import { formatNumber } from "../../lib/words.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { nameOf } from "../repositories/attention.ts";
import { RunLink } from "./run-link.tsx";
import { wordsOf } from "./webhook-words.ts";

/** One delivery, what is kept of what it said, and the way to do again what it asked for. */
export function DeliveryDialog({
  delivery,
  repos,
  onClose,
}: {
  delivery: WebhookDelivery;
  repos: readonly RepoSummary[];
  onClose: () => void;
}) {
  const { event, at, lastAt, count, status, repository, address, deliveryId, repoId } = delivery;
  const repo = repos.find(({ id }) => id === repoId);
  const { text, why } = wordsOf(delivery);
  const name = repo ? nameOf(repo) : repository;
  const isStored = deliveryId !== undefined && repoId !== undefined;
  return (
    <Dialog
      title={`Delivery of ${event ?? "an unknown event"}`}
      className="delivery-dialog"
      onClose={onClose}
    >
      <p>
        <b>{text}.</b> {why}
      </p>
      <dl>
        {name !== undefined && <Fact name="Repository">{name}</Fact>}
        <Fact name="Came">
          <Age at={at} focusable />
          {count > 1 && (
            <>
              , {formatNumber(count)} times, last <Age at={lastAt} focusable />
            </>
          )}
        </Fact>
        <Fact name="Answer">{status}</Fact>
        {address !== undefined && <Fact name="From">{address}</Fact>}
        {deliveryId !== undefined && (
          <Fact name="Id">
            <span className="mono">{deliveryId}</span>
          </Fact>
        )}
        {delivery.runId !== undefined && (
          <Fact name="Answered by">
            <RunLink repo={repo} runId={delivery.runId}>
              its run
            </RunLink>
          </Fact>
        )}
        {delivery.replayRunId !== undefined && (
          <Fact name="Replayed by">
            <RunLink repo={repo} runId={delivery.replayRunId}>
              a run of the replay
            </RunLink>
          </Fact>
        )}
      </dl>
      {isStored ? (
        <>
          <Payload repoId={repoId} deliveryId={deliveryId} />
          <Replay repoId={repoId} deliveryId={deliveryId} />
        </>
      ) : (
        <p className="meta">Nothing of its body was kept.</p>
      )}
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Payload({ repoId, deliveryId }: { repoId: string; deliveryId: string }) {
  const kept = useQuery({
    queryKey: keys.webhookPayload(repoId, deliveryId),
    queryFn: ({ signal }) => getJson<KeptPayload>(paths.delivery(repoId, deliveryId), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (kept.error) {
    return <ProblemBox error={kept.error} what="The payload" onRetry={() => void kept.refetch()} />;
  }
  if (!kept.data) return null;
  const { payload, omitted } = kept.data;
  return (
    <>
      <h3>Payload</h3>
      {payload === undefined ? (
        <p className="meta">It was stored before payloads were kept.</p>
      ) : (
        <pre className="mono">{JSON.stringify(payload, null, 2)}</pre>
      )}
      {omitted.length > 0 && (
        <p className="meta">
          Not kept: <span className="mono">{omitted.join(", ")}</span>
        </p>
      )}
    </>
  );
}

function Replay({ repoId, deliveryId }: { repoId: string; deliveryId: string }) {
  const { queries, session } = useServices();
  const replay = useMutation({
    mutationFn: () => request(paths.replay(repoId, deliveryId), { method: "POST" }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.allWebhooks }),
    onError: (error) => session.hear(error),
  });
  return (
    <footer>
      {replay.error && <ProblemBox error={replay.error} what="The replay" onRetry={() => replay.mutate()} />}
      <p role="status" className="meta">
        {replay.isSuccess ? "Replayed: a run looks at the remote now." : ""}
      </p>
      <Button
        look="ink"
        unavailable={replay.isPending ? "It is being asked for." : undefined}
        onClick={() => replay.mutate()}
      >
        Replay
      </Button>
    </footer>
  );
}
