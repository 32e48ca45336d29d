import type { ForgeHealth } from "stackit/contract/repo";
import type { StackDetail } from "stackit/contract/view";
import { Link } from "wouter";
import { count } from "../../lib/words.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { type Ladder, ladderWords, type StackState } from "./ladder.ts";
import { NextStep } from "./next-step.tsx";

const signs: Record<StackState, GlyphName> = {
  landed: "merged",
  ready: "ok",
  "was-ready": "late",
  blocked: "failing",
  waiting: "queued",
  closed: "never",
  stands: "ok",
};
const looks: Record<StackState, string> = {
  landed: "merged",
  ready: "ok",
  "was-ready": "warn",
  blocked: "bad",
  waiting: "idle",
  closed: "idle",
  stands: "idle",
};

/** Whether the stack can be merged; if not, which branch holds it up, and what to do about it. */
export function Verdict({
  repoId,
  stack,
  ladder,
  trunk,
  forge,
  hrefOf,
}: {
  repoId: string;
  stack: StackDetail;
  ladder: Ladder;
  trunk: string;
  forge: ForgeHealth | undefined;
  hrefOf: (branch: string, tab?: "checks") => string;
}) {
  const { rungs, first, state } = ladder;
  return (
    <>
      <div className={`callout verdict ${looks[state]}`}>
        <Sign name={signs[state]} />
        <div>
          <p>
            <Headline ladder={ladder} hrefOf={hrefOf} />
          </p>
          {rungs.length > 1 && state !== "landed" && (
            <p className="meta ladder-words">{ladderWords(rungs)}</p>
          )}
          {forge && forge.health !== "current" && state !== "landed" && <AsOf forge={forge} />}
        </div>
      </div>
      {first && state !== "closed" && (
        <NextStep repoId={repoId} stack={stack} rung={first} trunk={trunk} hrefOf={hrefOf} />
      )}
    </>
  );
}

function Headline({
  ladder: { rungs, first, state, landedAt },
  hrefOf,
}: {
  ladder: Ladder;
  hrefOf: (branch: string) => string;
}) {
  switch (state) {
    case "landed":
      return (
        <>
          <strong>Landed</strong> {landedAt !== undefined && <Age at={landedAt} />}
        </>
      );
    case "ready":
      return (
        <>
          <strong>Ready.</strong> {allOf(rungs.length)} can be merged.
        </>
      );
    case "was-ready":
      return (
        <>
          <strong>Not known to be ready.</strong> It was, when pull requests were read last.
        </>
      );
    case "closed":
      return (
        <>
          <strong>Closed.</strong> Its pull requests were closed without a merge.
        </>
      );
    case "stands":
      return (
        <>
          <strong>In order.</strong>{" "}
          {rungs.length === 1 ? "The branch stands on its" : "Each branch stands on its"} parent. There are no
          pull requests to ask about checks and reviews.
        </>
      );
    default:
      break;
  }
  if (!first) {
    return (
      <>
        <strong>Not ready.</strong> What a tool recorded of it cannot be read.
      </>
    );
  }
  return (
    <>
      <strong>{state === "blocked" ? "Blocked" : "Waiting"}</strong> at {first.position},{" "}
      <Link className="link mono" href={hrefOf(first.branch.name)} state={{ opened: true }}>
        <bdi>{first.branch.name}</bdi>
      </Link>
      : {first.obstacle?.words}.
    </>
  );
}

function allOf(branches: number): string {
  return branches === 1 ? "The branch" : `All ${count(branches, "branch", "branches")}`;
}

/** Since when nothing new is known of what the verdict follows from. */
function AsOf({ forge: { health, checkedAt } }: { forge: ForgeHealth }) {
  const why = health === "off" ? "they are not read here" : "the forge does not answer";
  if (checkedAt === undefined) return <p className="meta">Pull requests and checks are not known; {why}.</p>;
  return (
    <p className="meta">
      Pull requests and checks as of <Age at={checkedAt} />; {health === "late" ? "not read since" : why}.
    </p>
  );
}
