import type { StackDetail } from "stackit/contract/view";
import { Link } from "wouter";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { branchTitle, type NodeTone, prWords, remoteWords } from "../stacks/branch-state.ts";
import { LandedLine, TrunkFoot } from "../stacks/fixed-rows.tsx";
import { wholeBlock } from "../stacks/lanes.ts";
import { LineCounts } from "../stacks/line-counts.tsx";
import { RailDrawing } from "../stacks/rail-drawing.tsx";
import { type BranchRow, rowHeights, stackRows } from "../stacks/rows.ts";
import type { Ladder, Rung } from "./ladder.ts";

const heights = { ...rowHeights.comfortable, branch: 60 };

/** The whole stack, leaf first, each branch with how far it is. */
export function RungList({
  stack,
  ladder,
  trunk,
  hrefOf,
}: {
  stack: StackDetail;
  ladder: Ladder;
  trunk: string;
  hrefOf: (branch: string) => string;
}) {
  const rungs = new Map(ladder.rungs.map((rung) => [rung.branch.name, rung]));
  const rows = wholeStack(stack, trunk);
  return (
    <div className="rungs">
      {/* biome-ignore lint/a11y/noRedundantRoles: without list marks some browsers no longer call it a list. */}
      <ol role="list" aria-label="Branches, top first">
        {rows.map((row) => {
          if (row.kind !== "branch") return null;
          const rung = rungs.get(row.branch.name);
          return rung && <RungRow key={row.id} row={row} rung={rung} href={hrefOf(row.branch.name)} />;
        })}
      </ol>
      {rows.map((row) => {
        if (row.kind === "landed") return <LandedLine key={row.id} row={row} gap={0} />;
        if (row.kind === "trunk") return <TrunkFoot key={row.id} row={row} gap={0} />;
        return null;
      })}
    </div>
  );
}

function RungRow({ row, rung, href }: { row: BranchRow; rung: Rung; href: string }) {
  const { branch, position } = rung;
  const { pr } = branch;
  const title = branchTitle(branch);
  const remote = remoteWords(branch);
  const also = remote !== undefined && !rung.words.includes(remote) ? remote : undefined;
  const name = [title, branch.name, `${position} of ${row.of}`, prWords(branch), rung.words, also];
  return (
    <li className="rung" style={{ height: row.height }}>
      <RailDrawing
        rail={row.rail}
        shape={row.shape}
        tone={toneOf(rung, row.tone)}
        height={row.height}
        columns={row.columns}
        isHere={branch.isCurrent}
      />
      <span className="rung-position num">{position}</span>
      <Link
        href={href}
        state={{ opened: true }}
        className="row-link"
        aria-label={name.filter(Boolean).join(", ")}
      >
        <span className="row-title cut">{title}</span>{" "}
        <span className="row-name">
          <bdi className="mono cut">{branch.name}</bdi>
        </span>{" "}
        <span className={`rung-words cut ${rung.state}`}>
          {rung.words}
          {also !== undefined && <span className="subtle"> · {also}</span>}
        </span>
      </Link>
      <span className="rung-facts meta num">
        {pr?.url ? (
          <a className="link" href={pr.url} target="_blank" rel="noreferrer" title={prWords(branch)}>
            #{pr.number} <Sign name="external" />
          </a>
        ) : (
          pr && <span title={prWords(branch)}>#{pr.number}</span>
        )}
        <LineCounts added={branch.linesAdded} deleted={branch.linesDeleted} />
        <Age at={branch.commitDate} short />
      </span>
    </li>
  );
}

/** That of the list is the whole stack's where nothing is wrong with a branch; here each has its own. */
function toneOf({ state }: Rung, tone: NodeTone): NodeTone {
  if (state === "ready") return "ready";
  if (tone === "ready") return "waiting";
  return state === "blocked" && tone === "waiting" ? "blocked" : tone;
}

function wholeStack(stack: StackDetail, trunk: string) {
  const nothing = new Set<string>();
  return stackRows("", wholeBlock(stack), {
    trunk,
    heights,
    foldedStacks: nothing,
    foldedLanes: nothing,
    openMerged: new Set([stack.rootBranch]),
    anyPr: stack.prCount > 0,
  });
}
