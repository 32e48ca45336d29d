import { Link } from "wouter";
import { count, shortSha } from "../../lib/words.ts";
import { Coded } from "../../ui/coded.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import {
  branchTitle,
  chipsOf,
  isDisputed,
  problemWords,
  prWords,
  remoteWords,
} from "../stacks/branch-state.ts";
import { LineCounts } from "../stacks/line-counts.tsx";
import { checksWords, reviewWords } from "../stacks/review-state.ts";
import { edgeSentence, sourceNames } from "./edge-words.ts";
import type { BranchPlace } from "./find-branch.ts";
import { RestackCallout } from "./restack-callout.tsx";

export function BranchHead({
  place,
  trunk,
  hrefOf,
}: {
  place: BranchPlace;
  trunk: string;
  hrefOf: (branch: string) => string;
}) {
  const { branch, stack, position, below } = place;
  const remote = remoteWords(branch);
  const checks = checksWords(branch);
  const review = reviewWords(branch);
  const parent = branch.parent ?? trunk;
  // What has a callout below is not said twice.
  const chips = chipsOf(branch).filter((chip) => chip.tone === "here" || chip.tone === "idle");
  return (
    <header className="branch-head">
      <h2>{branchTitle(branch)}</h2>
      <p className="branch-name">
        <bdi className="mono">{branch.name}</bdi>
        <CopyButton text={branch.name} what="the branch name" />
      </p>
      <p className="meta parts">
        <span>
          on{" "}
          {below ? (
            <Link className="link mono" href={hrefOf(parent)} replace>
              <bdi>{parent}</bdi>
            </Link>
          ) : (
            <bdi className="mono">{parent}</bdi>
          )}
        </span>
        <span>
          {position} of {stack.branches.length}
        </span>
        <span>{count(branch.commitCount, "commit")}</span>
        {branch.linesAdded !== undefined && (
          <span>
            <LineCounts added={branch.linesAdded} deleted={branch.linesDeleted} />
          </span>
        )}
        <span>
          {branch.commitAuthor}, <Age at={branch.commitDate} />
        </span>
        <span>
          <code>{shortSha(branch.revision)}</code>
        </span>
        {remote && <span>{remote}</span>}
        {branch.pr && (
          <span>
            {branch.pr.url ? (
              <a className="link" href={branch.pr.url} target="_blank" rel="noreferrer">
                {prWords(branch)} <Sign name="external" />
              </a>
            ) : (
              prWords(branch)
            )}
            {branch.pr.author !== undefined && branch.pr.observedAt && (
              <>
                {" "}
                seen <Age at={branch.pr.observedAt} />
              </>
            )}
          </span>
        )}
        {checks && <span>{checks}</span>}
        {review && <span>{review}</span>}
      </p>
      {chips.length > 0 && (
        <p className="chips">
          {chips.map((chip) => (
            <span key={chip.text} className={`chip ${chip.tone}`}>
              {chip.text}
            </span>
          ))}
        </p>
      )}
      <RestackCallout branch={branch} />
      <Problems place={place} />
      <EdgeFacts place={place} />
    </header>
  );
}

function Problems({ place: { branch } }: { place: BranchPlace }) {
  return branch.problems?.map((problem) => (
    <div key={problem.code + problem.detail} className="callout bad">
      <Sign name="failing" />
      <p>
        <strong>{sentence(problemWords[problem.code])}.</strong> <Coded text={problem.detail} />
      </p>
    </div>
  ));
}

/** Who says that the parent is the parent, and since when it is known. Open where that is in dispute. */
function EdgeFacts({ place: { branch } }: { place: BranchPlace }) {
  const { sources } = branch.edge;
  const disputed = isDisputed(branch);
  if (sources.length === 0) return null;
  return (
    <details className="edge-facts" open={disputed}>
      <summary className={disputed ? "meta warn-text" : "meta"}>{edgeSentence(branch)}</summary>
      {!branch.edge.agreed && branch.edge.reason && <p className="meta">{branch.edge.reason}</p>}
      <table className="meta">
        <thead className="vh">
          <tr>
            <th>Source</th>
            <th>Parent</th>
            <th>Seen</th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr key={source.source + source.parent}>
              <td>{sentence(sourceNames[source.source])}</td>
              <td>
                <bdi className="mono">{source.parent}</bdi>
                {!branch.edge.agreed && source.source === branch.edge.believed && " · believed"}
              </td>
              <td>
                seen <Age at={source.observedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
