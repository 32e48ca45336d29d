import { useEffect, useMemo, useRef, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { useBrowserLocation } from "wouter/use-browser-location";
import type { WebhookQuestion } from "../../api/paths.ts";
import { useConfig } from "../../api/queries.ts";
import { formatRoute, type WebhooksRoute, webhookFilters } from "../../routes/location.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { nameOf } from "../repositories/attention.ts";
import { DeliveryDialog } from "./delivery-dialog.tsx";
import { DeliveryTable } from "./delivery-table.tsx";
import { OpsParts } from "./ops-parts.tsx";
import { useDeliveries } from "./use-deliveries.ts";
import { filterNames } from "./webhook-words.ts";
import "./ops.css";
import "./webhooks.css";

/** What became of the deliveries of webhooks. For operators: the server refuses others. */
export function WebhooksPage({ repos, route }: { repos: readonly RepoSummary[]; route: WebhooksRoute }) {
  const [, navigate] = useBrowserLocation();
  const scroller = useRef<HTMLDivElement>(null);
  const [openKey, setOpenKey] = useState<string>();
  const question = useMemo(
    (): WebhookQuestion => ({ repo: route.repo, result: route.result }),
    [route.repo, route.result],
  );
  const { list, error, retry, older } = useDeliveries(question);
  useEffect(() => {
    document.title = "Webhook deliveries · Stackit";
  }, []);
  const choose = (change: Partial<WebhooksRoute>) => {
    scroller.current?.scrollTo(0, 0);
    navigate(formatRoute({ ...route, ...change }), { replace: true, state: history.state });
  };
  const mirrors = repos.filter(({ kind }) => kind === "mirror");
  const open = list?.find(({ key }) => key === openKey);

  return (
    <main className="workspace">
      <div className="list-pane" ref={scroller} data-scroller>
        <div className="list-content narrow webhooks-page">
          <h1 className="page-title">
            <b>Webhook deliveries</b>
          </h1>
          <OpsParts route={route} />
          <div className="list-toolbar">
            <select
              aria-label="Repository"
              value={route.repo ?? ""}
              onChange={({ currentTarget }) => choose({ repo: currentTarget.value || undefined })}
            >
              <option value="">Every repository</option>
              {mirrors.map((repo) => (
                <option key={repo.id} value={repo.id}>
                  {nameOf(repo)}
                </option>
              ))}
            </select>
            <select
              aria-label="Result"
              value={route.result}
              onChange={({ currentTarget }) =>
                choose({ result: webhookFilters.find((one) => one === currentTarget.value) ?? "all" })
              }
            >
              {webhookFilters.map((one) => (
                <option key={one} value={one}>
                  {filterNames[one]}
                </option>
              ))}
            </select>
          </div>
          {!list && error ? <ProblemBox error={error} what="The deliveries" onRetry={retry} /> : null}
          {list?.length === 0 && (
            <NoDeliveries
              isFiltered={route.repo !== undefined || route.result !== "all"}
              onAll={() => choose({ repo: undefined, result: "all" })}
            />
          )}
          {list && list.length > 0 && (
            <DeliveryTable deliveries={list} repos={repos} older={older} onOpen={setOpenKey} />
          )}
        </div>
      </div>
      {open && <DeliveryDialog delivery={open} repos={repos} onClose={() => setOpenKey(undefined)} />}
    </main>
  );
}

function NoDeliveries({ isFiltered, onAll }: { isFiltered: boolean; onAll: () => void }) {
  const webhooks = useConfig()?.webhooks;
  if (isFiltered) {
    return (
      <Empty title="No delivery is like this">
        <Button onClick={onAll}>Show all</Button>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing was delivered yet">
      <p className="meta">
        {webhooks === false
          ? "This server takes no webhooks: no secret is configured for them."
          : "What GitHub delivers is listed here for 30 days, what was refused too."}
      </p>
    </Empty>
  );
}
