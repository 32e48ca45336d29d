import {
  type RefObject,
  Suspense,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { StackDetail, View } from "stackit/contract/view";
import { useBrowserLocation } from "wouter/use-browser-location";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { formatRoute, type RepositoryRoute, repositoryRoute, viewOfOther } from "../../routes/location.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { useStored } from "../../ui/use-stored.ts";
import { useMedia } from "../../ui/use-window.ts";
import { useTable } from "../table/use-table.ts";
import { beginningOf, useIsWhole } from "./beginning.ts";
import { remoteWords } from "./branch-state.ts";
import { parseFilter } from "./filter.ts";
import { FirstStack } from "./first-stack.tsx";
import { buildLanes } from "./lanes.ts";
import { ListToolbar } from "./list-toolbar.tsx";
import { RowMemo } from "./row-memo.ts";
import { footRows, type Row, rowHeights } from "./rows.ts";
import { StackList } from "./stack-list.tsx";
import { useFolds } from "./use-folds.ts";
import type { StackListHandle } from "./use-row-focus.ts";
import { useSteadyOrder } from "./use-steady-order.ts";
import { useViewer } from "./viewer.ts";

const BranchTable = lazyPart(async () => (await import("../table/branch-table.tsx")).BranchTable);

/** From this many branches on, compact rows are offered. */
const MANY_BRANCHES = 300;

export function StacksView({
  view,
  marked,
  route,
  list,
}: {
  view: View;
  /** The stack that the address names. */
  marked: StackDetail | undefined;
  route: RepositoryRoute;
  list: RefObject<StackListHandle | null>;
}) {
  const search = useDeferredValue(route.list);
  const { q, state, group, layout } = search;
  const isTable = layout === "table";
  const [reading, setReading] = useState(false);
  const [compact, setCompact] = useStored("stackit.density", "comfortable", ["comfortable", "compact"]);
  const touch = useMedia("(pointer: coarse)");
  const folds = useFolds();
  const { ticker } = useServices();
  const viewer = useViewer(view.repo);
  const found = useMemo(
    () =>
      buildLanes(view, parseFilter(q), state, group === "owner" ? "owner" : "stack", ticker.now(), viewer),
    [view, q, state, group, ticker, viewer],
  );
  const order = useSteadyOrder(found.lanes, `${q}\n${state}\n${group}`, reading);
  const heights = rowHeights[touch ? "touch" : compact];
  const table = useTable(found.lanes, search, reading, heights.branch);
  const [, navigate] = useBrowserLocation();
  const anyPr = useMemo(() => view.stacks.some((stack) => stack.prCount > 0), [view.stacks]);

  const isSought = route.branch !== undefined || marked !== undefined;
  const isWhole = useIsWhole(found.shownBranches, isSought);
  const [memo] = useState(() => new RowMemo());
  const rows = useMemo(() => {
    const { trunk } = view.repo;
    const lanes = isWhole ? order.lanes : beginningOf(order.lanes);
    const foot = isWhole ? footRows({ ...view, trunk }, folds.sections, heights) : [];
    return memo.flatten(lanes, foot, {
      trunk,
      heights,
      foldedStacks: folds.stacks,
      foldedLanes: folds.lanes,
      openMerged: folds.merged,
      anyPr,
    });
  }, [
    memo,
    order.lanes,
    isWhole,
    view,
    heights,
    folds.stacks,
    folds.lanes,
    folds.merged,
    folds.sections,
    anyPr,
  ]);
  const anyRemote = useMemo(() => hasRemoteFacts(view), [view]);
  const toolbar = useRef<HTMLDivElement>(null);
  const stickyHeight = useStickyHeight(toolbar);

  useListKeys(rows, route, marked, list, folds.actions, isTable);
  useShownStack(marked, list);

  const total = view.stacks.reduce((sum, stack) => sum + stack.branches.length, 0);
  const empty = found.shownBranches === 0;
  const hrefOfStack = (stack: string) =>
    formatRoute({ ...repositoryRoute(route.repo), list: route.list, stack });
  const hrefOf = (branch: string) => formatRoute({ ...route, branch, view: viewOfOther(route.view) });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only notices that somebody reads; it offers nothing.
    <div
      className="stacks-view"
      data-no-pr={!anyPr || undefined}
      data-no-remote={!anyRemote || undefined}
      data-density={touch ? "touch" : compact}
      onPointerEnter={() => setReading(true)}
      onPointerLeave={(event) => setReading(event.currentTarget.contains(document.activeElement))}
      onFocus={() => setReading(true)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setReading(false);
      }}
    >
      <div ref={toolbar} className="sticky-toolbar">
        {total > 0 && (
          <ListToolbar
            route={route}
            found={found}
            isSettled={search.q === route.list.q}
            compact={
              !touch && (total > MANY_BRANCHES || compact === "compact") ? compact === "compact" : undefined
            }
            onCompact={(on) => setCompact(on ? "compact" : "comfortable")}
            outOfOrder={isTable ? table.outOfOrder : order.outOfOrder}
            onResort={isTable ? table.resort : order.resort}
          />
        )}
      </div>
      {q === "" && state === "all" && <FirstStack view={view} viewer={viewer} />}
      {empty && (total === 0 ? <NoStacks trunk={view.repo.trunk} /> : <NothingFound route={route} />)}
      {isTable && !empty && (
        <Suspense fallback={<p className="loading meta">Loading the table…</p>}>
          <BranchTable
            ref={list}
            groups={table.groups}
            columns={table.columns}
            sort={search.sort}
            stickyHeight={stickyHeight}
            openBranch={route.branch}
            hrefOf={hrefOf}
            hrefOfStack={hrefOfStack}
            onSort={(sort) =>
              navigate(formatRoute({ ...route, list: { ...route.list, sort } }), {
                replace: true,
                state: history.state,
              })
            }
          />
        </Suspense>
      )}
      {!isTable && rows.length > 0 && (
        <StackList
          ref={list}
          rows={rows}
          stickyHeight={stickyHeight}
          openBranch={route.branch}
          markedStack={marked?.rootBranch}
          hrefOfStack={hrefOfStack}
          hrefOf={hrefOf}
          actions={folds.actions}
        />
      )}
    </div>
  );
}

/** Whether any branch has something to say about its remote counterpart; else the column is left out. */
function hasRemoteFacts(view: View): boolean {
  return view.stacks.some((stack) => stack.branches.some((branch) => remoteWords(branch) !== undefined));
}

/** Brings the stack that the address names into view, once: how it moves later is up to the reader. */
function useShownStack(marked: StackDetail | undefined, list: RefObject<StackListHandle | null>): void {
  const id = marked?.id;
  const root = useRef(marked?.rootBranch);
  root.current = marked?.rootBranch;
  useEffect(() => {
    if (id === undefined) return;
    const frame = requestAnimationFrame(() => {
      if (root.current !== undefined) list.current?.showStack(root.current);
    });
    return () => cancelAnimationFrame(frame);
  }, [id, list]);
}

/**
 * The height of what sticks to the top; nothing does where there is little room. What sticks below it has it from `--covered`, so that
 * nothing is drawn again when it is known, nor laid out again when it is what the style sheet says.
 */
function useStickyHeight(element: RefObject<HTMLElement | null>): RefObject<number> {
  const height = useRef(0);
  useLayoutEffect(() => {
    if (!element.current) return;
    const observed = element.current;
    const measure = () => {
      const style = getComputedStyle(observed);
      height.current = style.position === "sticky" ? observed.offsetHeight : 0;
      const covered = `${height.current}px`;
      if (style.getPropertyValue("--covered") !== covered)
        observed.parentElement?.style.setProperty("--covered", covered);
    };
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(observed);
    return () => sizes.disconnect();
  }, [element]);
  return height;
}

function useListKeys(
  rows: readonly Row[],
  route: RepositoryRoute,
  marked: StackDetail | undefined,
  list: RefObject<StackListHandle | null>,
  actions: { toggleStack: (stack: string) => void; toggleAll: (stacks: readonly string[]) => void },
  isTable: boolean,
): void {
  const [, navigate] = useBrowserLocation();
  const open = (branch: string, replace: boolean) =>
    navigate(formatRoute({ ...route, branch, view: viewOfOther(route.view) }), {
      replace,
      state: replace ? history.state : { opened: true },
    });

  const show = (branch: string | undefined) => {
    if (branch !== undefined && route.branch !== undefined && branch !== route.branch) open(branch, true);
    return true;
  };
  const rowOf = (name: string | undefined) =>
    rows.find((row) => row.kind === "branch" && row.branch.name === name);

  useShortcut("nextRow", () => show(list.current?.move(1)));
  useShortcut("previousRow", () => show(list.current?.move(-1)));
  useShortcut("firstRow", () => show(list.current?.moveToEnd(1)));
  useShortcut("lastRow", () => show(list.current?.moveToEnd(-1)));
  const stepStack = (step: 1 | -1) => {
    const row = list.current?.moveStack(step, marked?.rootBranch);
    if (!row) return true;
    if (marked) {
      const address = formatRoute({ ...route, stack: row.stackId });
      navigate(address, { replace: true, state: history.state });
    } else if (row.branch !== undefined) show(row.branch);
    return true;
  };
  useShortcut("nextStack", () => stepStack(1));
  useShortcut("previousStack", () => stepStack(-1));
  useShortcut("openRow", () => {
    // A link or button with the focus does what it does.
    if (document.activeElement !== document.body) return false;
    const branch = list.current?.focusedBranch();
    if (branch === undefined) return false;
    open(branch, false);
    return true;
  });
  useShortcut("openOnForge", () => {
    const row = rowOf(list.current?.focusedBranch() ?? route.branch);
    if (row?.kind !== "branch" || !row.branch.pr?.url) return false;
    window.open(row.branch.pr.url, "_blank", "noopener");
    return true;
  });
  useShortcut("foldStack", () => {
    const row = rowOf(list.current?.focusedBranch() ?? route.branch);
    if (row?.kind !== "branch" || isTable) return false;
    actions.toggleStack(row.stack);
    return true;
  });
  useShortcut("foldAll", () => {
    if (isTable) return false;
    actions.toggleAll(rows.filter((row) => row.kind === "stack").map((row) => row.stack));
    return true;
  });
}

function NoStacks({ trunk }: { trunk: string }) {
  if (!trunk) {
    return (
      <Empty title="No stacks without a trunk">
        <p className="meta">
          Stacks stand on a trunk, and none is known here. The note above says how to name it.
        </p>
      </Empty>
    );
  }
  const command = `git switch -c my-first-layer ${trunk}`;
  return (
    <Empty title="No stacks yet">
      <p className="meta">
        A branch with commits that <bdi className="mono">{trunk}</bdi> does not have appears here by itself,
        within a second.
      </p>
      <p className="command">
        <code>{command}</code>
        <CopyButton text={command} what="the command" />
      </p>
    </Empty>
  );
}

function NothingFound({ route }: { route: RepositoryRoute }) {
  const [, navigate] = useBrowserLocation();
  const { q, state } = route.list;
  return (
    <Empty title={q ? `No branch matches “${q}”` : "No branch is in this state"}>
      {q && state !== "all" && <p className="meta">Only branches in one state are looked at.</p>}
      <Button
        onClick={() =>
          navigate(formatRoute({ ...route, list: { ...route.list, q: "", state: "all" } }), {
            replace: true,
          })
        }
      >
        Clear the filter
      </Button>
    </Empty>
  );
}
