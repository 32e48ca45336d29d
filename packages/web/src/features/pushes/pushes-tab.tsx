import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { Push } from "stackit/contract/pushes";
import { shortSha } from "../../lib/words.ts";
import { type BranchSearch, lastTwoPushes, type PushSearch } from "../../routes/location.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { chosenPushes, type PushPair } from "./chosen-pushes.ts";
import { RangeComparison, TreeComparison } from "./comparison.tsx";
import { Computing } from "./computing.tsx";
import { lookedAtBefore, looksOf, useLooking } from "./last-looked.ts";
import { PushChoice } from "./push-choice.tsx";
import "./pushes.css";
import { pushesQuery } from "./queries.ts";

interface Shown {
  repoId: string;
  branch: string;
  search: BranchSearch;
  onSearch: (change: Partial<BranchSearch>) => void;
}

export function PushesTab(shown: Shown) {
  const { data, error, refetch } = useQuery(pushesQuery(shown.repoId, shown.branch));
  if (error && !data) return <ProblemBox error={error} what="The pushes" onRetry={() => void refetch()} />;
  if (!data) return <Computing what="Loading the pushes" />;
  if (!data.remembered) {
    return <p className="loading meta">A working copy remembers no pushes. Mirrors do.</p>;
  }
  return <Held {...shown} known={data.pushes} />;
}

/** Shows the pushes that there were when they were opened; newer ones wait until the reader wants them. */
function Held({ known, ...shown }: Shown & { known: readonly Push[] }) {
  const { repoId, branch, search, onSearch } = shown;
  const [pushes, setPushes] = useState(known);
  const chosen = chosenPushes(pushes, search.compare);
  const newest = pushes[0];
  useLooking(repoId, branch, chosen?.to === newest?.number ? newest?.sha : undefined);
  const show = () => {
    setPushes(known);
    onSearch({ compare: { ...lastTwoPushes, mode: search.compare.mode } });
  };
  const bar = <Newer known={known} held={pushes} onShow={show} />;
  if (chosen) return <Compared {...shown} key={newest?.sha} pushes={pushes} chosen={chosen} bar={bar} />;
  return (
    <>
      {bar}
      <p className="loading">Only one push of this branch is known: there is nothing to compare yet.</p>
    </>
  );
}

function Newer({
  known,
  held,
  onShow,
}: {
  known: readonly Push[];
  held: readonly Push[];
  onShow: () => void;
}) {
  const [newest] = known;
  const isNewer = newest !== undefined && newest.sha !== held[0]?.sha;
  if (!isNewer && known.length === held.length) return null;
  return (
    <div className="diff-bar" role="status">
      <Sign name="running" />
      <p>
        {isNewer ? (
          <>
            A newer push came: push {newest.number}
            {newest.at && (
              <>
                , <Age at={newest.at} />
              </>
            )}
          </>
        ) : (
          "Older pushes were forgotten, and the others have new numbers."
        )}
      </p>
      <Button size="small" onClick={onShow}>
        {isNewer ? "Show it" : "Show them"}
      </Button>
    </div>
  );
}

function Compared({
  repoId,
  branch,
  pushes,
  chosen,
  bar,
  search,
  onSearch,
}: Shown & { pushes: readonly Push[]; chosen: PushPair; bar: ReactNode }) {
  const { from, to } = chosen;
  const { mode } = search.compare;
  const [turned, setTurned] = useState(false);
  const isTurned = from > to;
  useEffect(() => {
    if (!isTurned) return;
    setTurned(true);
    onSearch({ compare: { from: to, to: from, mode } });
  }, [isTurned, from, to, mode, onSearch]);
  if (isTurned) return null;
  const choose = (next: Partial<PushSearch>) => {
    setTurned(false);
    onSearch({ compare: { mode, ...chosen, ...next } });
  };
  const pair = `${from} ${to}`;
  const asked = { repoId, question: { branch, from, to }, pushes, onPushes: choose };
  const isTree = mode === "tree" && from !== to;
  return (
    <>
      {bar}
      <PushesFrame isFilled={isTree}>
        <PushChoice
          pushes={pushes}
          chosen={chosen}
          mode={mode}
          lookedAt={lookedAtBefore(looksOf(repoId), branch, pushes[0]?.sha ?? "")}
          onChoose={choose}
        />
        {turned && (
          <p className="meta" role="status">
            The order was corrected: the older push comes first.
          </p>
        )}
        {from === to && <p>Choose two different pushes.</p>}
        {isTree && <TreeComparison key={pair} {...asked} search={search} onSearch={onSearch} />}
        {!isTree && from !== to && (
          <RangeComparison key={pair} {...asked} onTrees={() => choose({ mode: "tree" })} />
        )}
        {!isTree && <AllPushes pushes={pushes} onCompare={choose} />}
      </PushesFrame>
    </>
  );
}

/** Scrolls, unless what is in it fills it and scrolls by itself. */
function PushesFrame({ isFilled, children }: { isFilled: boolean; children: ReactNode }) {
  if (isFilled) return <div className="pushes-tab filled">{children}</div>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="pushes-tab" aria-label="Pushes" tabIndex={0}>
      {children}
    </section>
  );
}

function AllPushes({
  pushes,
  onCompare,
}: {
  pushes: readonly Push[];
  onCompare: (pushes: PushPair) => void;
}) {
  return (
    <>
      <h3>All pushes</h3>
      <ol className="push-list" aria-label="Pushes, newest first" reversed>
        {pushes.map(({ number, sha, at, kind, stored }, index) => (
          <li key={number}>
            <span>Push {number}</span>
            <code className="subtle">{shortSha(sha)}</code>
            <span className={`chip ${kind === "rewritten" ? "warn" : "idle"}`}>{kind}</span>
            <span className="meta">{stored ? at && <Age at={at} /> : "no longer stored"}</span>
            {stored && pushes[index + 1]?.stored && (
              <Button
                look="quiet"
                size="small"
                aria-label={`Compare push ${number} with the one before`}
                onClick={() => onCompare({ from: number - 1, to: number })}
              >
                Compare
              </Button>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
