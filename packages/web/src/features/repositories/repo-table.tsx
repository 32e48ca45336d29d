import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { RepoSummary, ServerConfig } from "stackit/contract/repo";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { offsetsOf } from "../../lib/window.ts";
import { useMedia, useWindow } from "../../ui/use-window.ts";
import { barredFrom } from "../freshness/barred.ts";
import { RepoRow } from "./repo-row.tsx";

const ROW_PX = 56;
const CARD_PX = 88;
const NARROW = "(max-width: 639.9px)";

/** Only the rows in sight are drawn; the row that has the focus stays, wherever it is. */
export function RepoTable({
  repos,
  config,
}: {
  repos: readonly RepoSummary[];
  config: ServerConfig | undefined;
}) {
  const table = useRef<HTMLTableElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const rowPx = useMedia(NARROW) ? CARD_PX : ROW_PX;
  const offsets = useMemo(() => offsetsOf(repos.map(() => rowPx)), [repos, rowPx]);
  const range = useWindow(body, offsets);
  const [activeId, setActiveId] = useState<string | undefined>(openedBefore);
  const active = repos.findIndex((repo) => repo.id === activeId);
  const wantsFocus = useRef(openedBefore());
  const onFocus = useCallback((id: string) => setActiveId(id), []);

  useLayoutEffect(() => {
    const id = wantsFocus.current;
    const link =
      id !== undefined && table.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
    if (!link) return;
    wantsFocus.current = undefined;
    link.focus({ preventScroll: true });
    link.closest("tr")?.scrollIntoView({ block: "nearest" });
  });
  useEffect(() => rememberOpened(activeId), [activeId]);

  function goTo(index: number): boolean {
    const repo = repos[index];
    if (!repo) return true;
    wantsFocus.current = repo.id;
    setActiveId(repo.id);
    return true;
  }
  useShortcut("nextRow", () => goTo(active + 1));
  useShortcut("previousRow", () => goTo(active < 0 ? repos.length - 1 : active - 1));
  useShortcut("firstRow", () => goTo(0));
  useShortcut("lastRow", () => goTo(repos.length - 1));

  const drawn = repos
    .slice(range.start, range.end)
    .map((repo, index) => ({ repo, index: range.start + index }));
  const kept = repos[active];
  if (kept && active < range.start) drawn.unshift({ repo: kept, index: active });
  if (kept && active >= range.end) drawn.push({ repo: kept, index: active });

  const anyWrite = repos.some((repo) => barredFrom(repo, config) === undefined);
  let below = 0;
  const rows = drawn.flatMap(({ repo, index }) => {
    const gap = (index - below) * rowPx;
    below = index + 1;
    return [
      gap > 0 && <Gap key={`gap-${index}`} height={gap} />,
      <RepoRow
        key={repo.id}
        repo={repo}
        position={index + 1}
        mayWrite={barredFrom(repo, config) === undefined}
        isCurrent={index === active}
        onFocus={onFocus}
      />,
    ];
  });
  return (
    <table
      ref={table}
      className="repositories"
      data-no-act={!anyWrite || undefined}
      aria-label="Repositories"
      aria-rowcount={repos.length + 1}
    >
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">Repository</th>
          <th scope="col">Freshness</th>
          <th scope="col" className="bars">
            Last syncs
          </th>
          <th scope="col" className="num count-cell">
            Branches
          </th>
          <th scope="col" className="num count-cell">
            Stacks
          </th>
          <th scope="col" className="num changed">
            Changed
          </th>
          <th scope="col" className="act">
            <span className="vh">Sync</span>
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {rows}
        {below < repos.length && <Gap height={(repos.length - below) * rowPx} />}
      </tbody>
    </table>
  );
}

/** Room for rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus.
    <tr aria-hidden="true" className="gap">
      <td colSpan={7} style={{ height }} />
    </tr>
  );
}

/** The row that was left by opening it, when this entry of the browser's history is come back to. */
function openedBefore(): string | undefined {
  const { row } = (history.state ?? {}) as { row?: unknown };
  return typeof row === "string" ? row : undefined;
}

function rememberOpened(row: string | undefined): void {
  if (row !== undefined && row !== openedBefore()) history.replaceState({ ...history.state, row }, "");
}
