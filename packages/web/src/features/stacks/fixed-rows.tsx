import { Link } from "wouter";
import { count, initials, listed } from "../../lib/words.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { landedWords } from "./branch-state.ts";
import { MergedDrawing, TrunkDrawing } from "./rail-drawing.tsx";
import type {
  CommitRow,
  LandedRow,
  LaneRow,
  MergedRow,
  PullRow,
  SectionRow,
  StackRow,
  TrunkRow,
  UnstackedRow,
} from "./rows.ts";

export function LaneHead({
  row,
  gap,
  onToggle,
}: {
  row: LaneRow;
  gap: number;
  onToggle: (lane: string) => void;
}) {
  const { stacks, branches, moved, blocked, waitingSince } = row.facts;
  const attention = [
    moved > 0 ? `${moved} parent${moved === 1 ? "" : "s"} moved` : "",
    blocked > 0 ? `${blocked} blocked` : "",
  ].filter(Boolean);
  return (
    <div className="lane-head" style={{ marginTop: gap, height: row.height }}>
      <span className="avatar" aria-hidden="true">
        {initials(row.owner)}
      </span>
      <h2 className="cut">
        {row.name}
        {row.isYou && <span className="subtle"> · {row.owner}</span>}
      </h2>
      <p className="meta cut">
        {count(stacks, "stack")} · {count(branches, "branch", "branches")}
        {attention.map((text) => (
          <span key={text} className="attention">
            {" · "}
            {text}
          </span>
        ))}
        {waitingSince !== undefined && (
          <>
            {" · oldest waiting "}
            <Age at={waitingSince} short />
          </>
        )}
      </p>
      <button
        type="button"
        className="fold"
        aria-expanded={!row.folded}
        aria-label={`Stacks of ${row.name}`}
        onClick={() => onToggle(row.lane)}
      >
        <Sign name={row.folded ? "right" : "down"} />
      </button>
    </div>
  );
}

export function StackHead({
  row,
  gap,
  href,
  isMarked,
  onFocus,
  onToggle,
}: {
  row: StackRow;
  gap: number;
  /** The stack's own address. */
  href: string;
  isMarked: boolean;
  onFocus: (id: string) => void;
  onToggle: (stack: string) => void;
}) {
  const left = row.shownCount < row.branchCount ? `${row.shownCount} of ` : "";
  return (
    <div className="stack-head" style={{ marginTop: gap, height: row.height }}>
      <button
        type="button"
        className="fold"
        aria-expanded={!row.folded}
        aria-label={`Branches of ${row.title}`}
        onClick={() => onToggle(row.stack)}
      >
        <Sign name={row.folded ? "right" : "down"} />
      </button>
      <h3 className="cut">
        <Link
          className="stack-link"
          href={href}
          state={{ opened: true }}
          aria-label={`Stack ${row.title}`}
          aria-current={isMarked ? "true" : undefined}
          data-row={row.id}
          onFocus={() => onFocus(row.id)}
        >
          {row.title}
        </Link>
      </h3>
      <p className="meta">
        {left}
        {count(row.branchCount, "branch", "branches")}
        {row.sentence && ` · ${row.sentence}`}
      </p>
    </div>
  );
}

export function LandedLine({ row, gap }: { row: LandedRow; gap: number }) {
  const { layer } = row;
  return (
    <div className="landed-line meta" style={{ marginTop: gap, height: row.height }}>
      <MergedDrawing height={row.height} columns={row.columns} />
      <span className="landed-title cut" title={layer.title}>
        {layer.title}
      </span>
      <bdi className="mono cut">{layer.name}</bdi>
      <span className="landed-how">
        {layer.prNumber !== undefined && `#${layer.prNumber} `}
        {landedWords(layer)}
      </span>
      <span className="num">
        <Age at={layer.date} short />
      </span>
    </div>
  );
}

export function MergedLine({
  row,
  gap,
  onToggle,
}: {
  row: MergedRow;
  gap: number;
  onToggle: (stack: string) => void;
}) {
  return (
    <div className="merged-line" style={{ marginTop: gap, height: row.height }}>
      <MergedDrawing height={row.height} columns={row.columns} />
      <button type="button" className="link" aria-expanded={row.open} onClick={() => onToggle(row.stack)}>
        {row.count} merged
        <Sign name={row.open ? "down" : "right"} />
      </button>
    </div>
  );
}

export function TrunkFoot({ row, gap }: { row: TrunkRow; gap: number }) {
  const lineHeight = 28;
  return (
    <div className="trunk-foot" style={{ marginTop: gap, height: row.height }}>
      <TrunkDrawing height={lineHeight} columns={row.columns} lines={row.lines} />
      <span className="mono cut">{row.trunk}</span>
    </div>
  );
}

export function SectionHead({
  row,
  gap,
  onToggle,
}: {
  row: SectionRow;
  gap: number;
  onToggle: (section: SectionRow["section"]) => void;
}) {
  const merged = row.section === "merged";
  const text = merged
    ? `${count(row.count, "commit")} lately on ${row.trunk}`
    : `${count(row.count, "branch", "branches")} without a stack`;
  return (
    <div className="section-head" style={{ marginTop: gap, height: row.height }}>
      <h2>{text}</h2>
      <button
        type="button"
        className="link"
        aria-expanded={row.open}
        aria-label={`${row.open ? "Hide" : "Show"} ${text}`}
        onClick={() => onToggle(row.section)}
      >
        {row.open ? "Hide" : "Show"}
      </button>
    </div>
  );
}

export function CommitLine({ row, gap }: { row: CommitRow; gap: number }) {
  const { commit } = row;
  const pulls = commit.stackPRs ?? (commit.prNumber === undefined ? [] : [commit.prNumber]);
  return (
    <div className="commit-line" style={{ marginTop: gap, height: row.height }}>
      <code className="subtle">{commit.sha}</code>
      <span className="cut" title={commit.message}>
        {commit.message}
      </span>
      <span className="commit-pulls meta cut">
        {commit.kind === "stack-merge" && (
          <span className="chip merged">stack of {commit.stackSize ?? pulls.length}</span>
        )}
        {commit.stackPRTitles ? "" : listed(pulls.map((number) => `#${number}`))}
      </span>
      <span className="meta cut author">{commit.author}</span>
      <span className="num meta">
        <Age at={commit.date} short />
      </span>
    </div>
  );
}

export function PullLine({ row, gap }: { row: PullRow; gap: number }) {
  return (
    <div className="pull-line meta" style={{ marginTop: gap, height: row.height }}>
      <span className="num">#{row.number}</span>
      <span className="cut" title={row.title}>
        {row.title}
      </span>
    </div>
  );
}

const reasons = {
  "on-trunk": "everything on it is in the trunk",
  tool: "a helper branch of a stacking tool",
  "no-trunk": "there is no trunk to stand on",
  "missing-object": "its commit is not in this clone",
} as const;

export function UnstackedLine({ row, gap }: { row: UnstackedRow; gap: number }) {
  return (
    <div className="unstacked-line" style={{ marginTop: gap, height: row.height }}>
      <bdi className="mono cut">{row.branch.name}</bdi>
      <span className="meta cut">{reasons[row.branch.reason]}</span>
    </div>
  );
}
