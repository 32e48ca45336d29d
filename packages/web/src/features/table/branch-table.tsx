import { type Ref, type RefObject, useMemo, useRef } from "react";
import { Link } from "wouter";
import { offsetsOf } from "../../lib/window.ts";
import { count } from "../../lib/words.ts";
import type { SortColumn, Sorting } from "../../routes/location.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { useWindow } from "../../ui/use-window.ts";
import { branchTitle, prWords, waitingSince } from "../stacks/branch-state.ts";
import { LineCounts } from "../stacks/line-counts.tsx";
import { withKept } from "../stacks/nest-rows.ts";
import { checksWords, reviewWords } from "../stacks/review-state.ts";
import { type StackListHandle, useRowFocus } from "../stacks/use-row-focus.ts";
import type { TableBranch, TableGroup } from "./table-rows.ts";
import "./table.css";

const labels: Record<SortColumn, string> = {
  branch: "Branch",
  stack: "Stack",
  owner: "Owner",
  state: "State",
  review: "Review",
  pr: "PR",
  lines: "Lines",
  waiting: "Waiting",
};
const numeric: ReadonlySet<SortColumn> = new Set(["pr", "lines", "waiting"]);
/** Whose largest values are asked for first. */
const downFirst: ReadonlySet<SortColumn> = new Set(["lines", "waiting"]);
const HEAD_HEIGHT = 36;
/** How many columns are left where there is little room. */
const NARROWEST = 3;

export function BranchTable({
  ref,
  groups,
  columns,
  sort,
  stickyHeight,
  openBranch,
  hrefOf,
  hrefOfStack,
  onSort,
}: {
  ref: Ref<StackListHandle>;
  groups: readonly TableGroup[];
  columns: readonly SortColumn[];
  sort: Sorting;
  /** What covers the top of the scroller. */
  stickyHeight: RefObject<number>;
  openBranch: string | undefined;
  hrefOf: (branch: string) => string;
  hrefOfStack: (id: string) => string;
  onSort: (sort: Sorting) => void;
}) {
  const list = useRef<HTMLTableSectionElement>(null);
  const rows = useMemo(
    () =>
      groups.flatMap((group): (TableGroup | TableBranch)[] =>
        group.title ? [group, ...group.rows] : group.rows,
      ),
    [groups],
  );
  const offsets = useMemo(() => offsetsOf(rows.map((row) => row.height)), [rows]);
  const range = useWindow(list, offsets);
  const { currentId, kept, onFocus } = useRowFocus(ref, {
    rows,
    offsets,
    list,
    covered: () => stickyHeight.current + HEAD_HEIGHT,
    openBranch,
  });

  let below = 0;
  const drawn = withKept(range, kept).flatMap((index) => {
    const row = rows[index];
    if (!row) return [];
    const gap = (offsets[index] ?? 0) - below;
    below = offsets[index + 1] ?? below;
    return [
      <Gap key={`gap:${row.id}`} height={gap} />,
      row.kind === "group" ? (
        <GroupHead key={row.id} group={row} hrefOfStack={hrefOfStack} />
      ) : (
        <BranchLine
          key={row.id}
          row={row}
          index={index}
          columns={columns}
          href={hrefOf(row.branch.name)}
          isCurrent={row.id === currentId}
          onFocus={onFocus}
        />
      ),
    ];
  });

  return (
    <table className="branch-table" aria-label="Branches" aria-rowcount={rows.length + 1}>
      <thead>
        <tr style={{ height: HEAD_HEIGHT }}>
          {columns.map((column) => (
            <th
              key={column}
              scope="col"
              className={`col-${column} ${numeric.has(column) ? "num" : ""}`}
              aria-sort={sort.by === column ? (sort.down ? "descending" : "ascending") : undefined}
            >
              <button
                type="button"
                onClick={() =>
                  onSort({ by: column, down: sort.by === column ? !sort.down : downFirst.has(column) })
                }
              >
                {labels[column]}
                {sort.by === column && <Sign name="down" className={sort.down ? "" : "up"} />}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={list}>
        {drawn}
        <Gap height={(offsets.at(-1) ?? 0) - below} />
      </tbody>
    </table>
  );
}

/** Room for rows that are not drawn. */
function Gap({ height }: { height: number }) {
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can have the focus.
  return height > 0 && <tr aria-hidden="true" className="gap" style={{ height }} />;
}

function GroupHead({ group, hrefOfStack }: { group: TableGroup; hrefOfStack: (id: string) => string }) {
  const { title, stackId, facts } = group;
  const { branches, moved, blocked } = facts;
  const parts = [
    count(branches, "branch", "branches"),
    moved > 0 ? `${moved} parent${moved === 1 ? "" : "s"} moved` : "",
    blocked > 0 ? `${blocked} blocked` : "",
  ];
  return (
    <tr className="table-group" style={{ height: group.height }}>
      <th scope="rowgroup" colSpan={NARROWEST}>
        <div>
          {stackId === undefined ? (
            <span className="cut">{title}</span>
          ) : (
            <Link
              className="stack-link cut"
              href={hrefOfStack(stackId)}
              state={{ opened: true }}
              data-row={group.id}
            >
              {title}
            </Link>
          )}
          <span className="meta cut">{parts.filter(Boolean).join(" · ")}</span>
        </div>
      </th>
    </tr>
  );
}

function BranchLine({
  row,
  index,
  columns,
  href,
  isCurrent,
  onFocus,
}: {
  row: TableBranch;
  index: number;
  columns: readonly SortColumn[];
  href: string;
  isCurrent: boolean;
  onFocus: (id: string) => void;
}) {
  return (
    <tr style={{ height: row.height }} aria-rowindex={index + 2} data-current={isCurrent || undefined}>
      {columns.map((column) => (
        <td key={column} className={`col-${column} ${numeric.has(column) ? "num" : "cut"}`}>
          {column === "branch" ? (
            <Link
              href={href}
              state={{ opened: true }}
              className="row-link"
              aria-current={isCurrent ? "true" : undefined}
              aria-label={`${branchTitle(row.branch)}, ${row.branch.name}, ${row.position} of ${row.of}, ${row.state}`}
              data-row={row.id}
              onFocus={() => onFocus(row.id)}
            >
              <span className="row-title cut">{branchTitle(row.branch)}</span>{" "}
              <span className="row-name">
                <bdi className="mono cut">{row.branch.name}</bdi>
              </span>
            </Link>
          ) : (
            <Cell row={row} column={column} />
          )}
        </td>
      ))}
    </tr>
  );
}

function Cell({ row, column }: { row: TableBranch; column: Exclude<SortColumn, "branch"> }) {
  const { branch } = row;
  switch (column) {
    case "stack":
      return row.stackTitle;
    case "owner":
      return row.owner;
    case "state":
      return <span className={`tone ${row.tone}`}>{row.state}</span>;
    case "review":
      return reviewWords(branch) ?? "";
    case "pr": {
      const words = [prWords(branch), checksWords(branch)].filter(Boolean).join(", ");
      return branch.pr ? <span title={words}>#{branch.pr.number}</span> : "";
    }
    case "lines":
      return <LineCounts added={branch.linesAdded} deleted={branch.linesDeleted} />;
    case "waiting": {
      const since = waitingSince(branch);
      return since === undefined ? "" : <Age at={since} short />;
    }
  }
}
