import { memo, useCallback, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { formatNumber } from "../../lib/words.ts";
import { useServices } from "../../services.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { branchTitle, chipsOf, prWords, remoteWords } from "./branch-state.ts";
import { LineCounts } from "./line-counts.tsx";
import { RailDrawing } from "./rail-drawing.tsx";
import { checksSigns, checksWords, reviewWords } from "./review-state.ts";
import type { BranchRow as BranchRowModel } from "./rows.ts";

/** Drawn again only when the row itself says something else. */
export const BranchRow = memo(function BranchRow({
  row,
  gap,
  href,
  isCurrent,
  onFocus,
}: {
  row: BranchRowModel;
  /** Room for rows above that are not drawn. */
  gap: number;
  href: string;
  isCurrent: boolean;
  onFocus: (id: string) => void;
}) {
  const { branch, position, of } = row;
  const change = useChange(branch.name);
  const title = branchTitle(branch);
  const chips = chipsOf(branch);
  const fresh = change && Date.now() - change.at < 2000;
  const remote = remoteWords(branch);
  return (
    <li
      className={`branch-row ${fresh ? "changed" : ""}`}
      style={{ marginTop: gap, height: row.height }}
      aria-posinset={of - position + 1}
      aria-setsize={of}
      data-current={isCurrent || undefined}
    >
      <RailDrawing
        rail={row.rail}
        shape={row.shape}
        tone={row.tone}
        height={row.height}
        columns={row.columns}
        isHere={branch.isCurrent}
      />
      <Link
        href={href}
        state={{ opened: true }}
        className="row-link"
        aria-label={fullName(row)}
        aria-current={isCurrent ? "true" : undefined}
        data-row={row.id}
        onFocus={() => onFocus(row.id)}
      >
        <span className="row-title cut">{title}</span>{" "}
        <span className="row-name">
          <bdi className="mono cut">{branch.name}</bdi>{" "}
          {row.alsoOn !== undefined && <span className="also-on cut">also on {row.alsoOn}</span>}
        </span>
      </Link>
      <span className="chips">
        {chips.map((chip) => (
          <span key={chip.text} className={`chip ${chip.tone}`}>
            {chip.text}
          </span>
        ))}
      </span>
      <span className="cell remote num" title={remote}>
        <RemoteMarks branch={branch} />
      </span>
      <span className="cell commits num">
        {branch.commitCount}
        <span className="unit"> {branch.commitCount === 1 ? "commit" : "commits"}</span>
      </span>
      <span className="cell lines num">
        <LineCounts added={branch.linesAdded} deleted={branch.linesDeleted} />
      </span>
      <span className="cell pr num">
        <PullRequestMark branch={branch} />
      </span>
      <span className="cell age num">
        {change ? (
          <span className="just-now">{change.kind === "created" ? "new" : "updated"} just now</span>
        ) : (
          <Age at={branch.commitDate} short />
        )}
      </span>
    </li>
  );
});

/** What the number stands for, and how its checks are: a sign here, in words for who points at it or hears it. */
function PullRequestMark({ branch }: { branch: BranchRowModel["branch"] }) {
  const { pr, ci } = branch;
  if (!pr) return null;
  const words = [prWords(branch), checksWords(branch), reviewWords(branch)].filter(Boolean).join(", ");
  return (
    <span className="pr-mark" title={words}>
      {ci && ci.status !== "none" && <Sign name={checksSigns[ci.status]} className={`checks ${ci.status}`} />}
      #{pr.number}
    </span>
  );
}

function RemoteMarks({ branch }: { branch: BranchRowModel["branch"] }) {
  const status = branch.remoteStatus;
  if (!status) return null;
  if (status.missingRemote) return <span className="subtle">not pushed</span>;
  return (
    <>
      {status.ahead > 0 && <span>↑{formatNumber(status.ahead)}</span>}
      {status.behind > 0 && <span>↓{formatNumber(status.behind)}</span>}
    </>
  );
}

/** All that the row shows, for somebody who hears it; what is seen in the link comes first, in the same order. */
function fullName({ branch, position, of, alsoOn }: BranchRowModel): string {
  const said = [checksWords(branch), reviewWords(branch)];
  const parts = [
    branchTitle(branch),
    branch.name,
    alsoOn === undefined ? undefined : `also on ${alsoOn}`,
    `${position} of ${of}`,
    prWords(branch),
    ...said,
    ...chipsOf(branch)
      .map((chip) => (chip.tone === "here" ? "you are here" : chip.text))
      .filter((text) => !said.includes(text)),
    remoteWords(branch),
  ];
  return parts.filter(Boolean).join(", ");
}

function useChange(name: string) {
  const { changes } = useServices();
  const subscribe = useCallback((listener: () => void) => changes.subscribe(name, listener), [changes, name]);
  return useSyncExternalStore(subscribe, () => changes.get(name));
}
