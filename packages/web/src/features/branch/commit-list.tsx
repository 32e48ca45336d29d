import { useRef } from "react";
import type { Branch } from "stackit/contract/view";
import { Virtualizer } from "virtua";
import { shortSha } from "../../lib/words.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";

const ROW_HEIGHT = 52;

export function CommitList({
  branch,
  error,
  onRetry,
}: {
  branch: Branch | undefined;
  error: unknown;
  onRetry: () => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  if (error && !branch) return <ProblemBox error={error} what="The commits" onRetry={onRetry} />;
  const commits = branch?.commits;
  if (!commits) return <p className="loading meta">Loading the commits…</p>;
  if (commits.length === 0) return <p className="loading meta">This branch adds no commits to its parent.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section ref={scroller} className="commit-list" aria-label="Commits, newest first" tabIndex={0}>
      <Virtualizer as="ol" item="li" scrollRef={scroller} itemSize={ROW_HEIGHT} data={commits}>
        {(commit) => (
          <div key={commit.sha} className="commit">
            <span className="row-title cut" title={commit.message}>
              {commit.message}
            </span>
            <span className="meta cut">
              {commit.author}, <Age at={commit.date} />
            </span>
            <span className="commit-sha">
              <code className="subtle">{shortSha(commit.sha)}</code>
              <CopyButton text={commit.sha} what={`the id of ${shortSha(commit.sha)}`} />
            </span>
          </div>
        )}
      </Virtualizer>
    </section>
  );
}
