import { useEffect, useMemo, useRef } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import type { WebhookDelivery } from "stackit/contract/webhook-deliveries";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { offsetsOf } from "../../lib/window.ts";
import { formatNumber } from "../../lib/words.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { useWindow } from "../../ui/use-window.ts";
import { nameOf } from "../repositories/attention.ts";
import { RunLink } from "./run-link.tsx";
import { wordsOf } from "./webhook-words.ts";

const ROW_HEIGHT = 44;
/** So many rows before the last one, the next page is asked for. */
const AHEAD = 60;

/** Only the rows that are seen are drawn. */
export function DeliveryTable({
  deliveries,
  repos,
  older,
  onOpen,
}: {
  deliveries: readonly WebhookDelivery[];
  repos: readonly RepoSummary[];
  older: { has: boolean; load: () => void };
  onOpen: (key: string) => void;
}) {
  const list = useRef<HTMLTableSectionElement>(null);
  const offsets = useMemo(() => offsetsOf(deliveries.map(() => ROW_HEIGHT)), [deliveries]);
  const { start, end } = useWindow(list, offsets);
  useShortcut("nextRow", () => step(list.current, 1));
  useShortcut("previousRow", () => step(list.current, -1));
  const isNearEnd = older.has && end + AHEAD >= deliveries.length;
  useEffect(() => {
    if (isNearEnd) older.load();
  });
  const below = (offsets.at(-1) ?? 0) - (offsets[end] ?? 0);

  return (
    <table
      className="delivery-table"
      aria-label="Webhook deliveries"
      aria-rowcount={older.has ? -1 : deliveries.length + 1}
    >
      <thead>
        <tr>
          <th scope="col" className="col-age">
            Came
          </th>
          <th scope="col" className="col-event">
            Event
          </th>
          <th scope="col" className="col-repo">
            Repository
          </th>
          <th scope="col" className="col-result">
            Result
          </th>
          <th scope="col" className="col-status num">
            Answer
          </th>
          <th scope="col" className="col-run">
            Run
          </th>
        </tr>
      </thead>
      <tbody ref={list}>
        <Gap height={offsets[start] ?? 0} />
        {deliveries.slice(start, end).map((delivery, index) => (
          <Row
            key={delivery.key}
            delivery={delivery}
            position={start + index}
            repo={repos.find(({ id }) => id === delivery.repoId)}
            onOpen={onOpen}
          />
        ))}
        <Gap height={below} />
      </tbody>
    </table>
  );
}

function Row({
  delivery,
  position,
  repo,
  onOpen,
}: {
  delivery: WebhookDelivery;
  position: number;
  repo: RepoSummary | undefined;
  onOpen: (key: string) => void;
}) {
  const { key, lastAt, event, repository, address, count, status, runId, replayRunId } = delivery;
  const { text, sign, tone } = wordsOf(delivery);
  const whose = repo ? nameOf(repo) : (repository ?? delivery.repoId);
  return (
    <tr style={{ height: ROW_HEIGHT }} aria-rowindex={position + 2}>
      <td className="col-age num">
        <Age at={lastAt} short />
      </td>
      <td className="col-event cut">
        <button type="button" className="delivery-open mono" onClick={() => onOpen(key)}>
          {event ?? "unknown"}
          <span className="vh">
            , {text}
            {whose === undefined ? "" : `, ${whose}`}
          </span>
        </button>
      </td>
      <td className="col-repo cut">{whose ?? <span className="meta">from {address ?? "several"}</span>}</td>
      <td className={`col-result tone-${tone}`}>
        <Sign name={sign} />
        <span>{text}</span>
        {count > 1 && <span className="meta">×{formatNumber(count)}</span>}
      </td>
      <td className="col-status num">{status}</td>
      <td className="col-run cut">
        <RunLink repo={repo} runId={replayRunId ?? runId}>
          {replayRunId === undefined ? "Run" : "Replay"}
        </RunLink>
      </td>
    </tr>
  );
}

/** Room for rows that are not drawn. */
function Gap({ height }: { height: number }) {
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can have the focus.
  return height > 0 && <tr aria-hidden="true" className="gap" style={{ height }} />;
}

/** Moves the focus among the rows that are drawn. */
function step(list: HTMLElement | null, by: 1 | -1): boolean {
  const rows = [...(list?.querySelectorAll<HTMLElement>(".delivery-open") ?? [])];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next?.focus();
  return next !== undefined;
}
