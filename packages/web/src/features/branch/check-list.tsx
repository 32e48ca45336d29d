import type { Branch, Check, Ci } from "stackit/contract/view";
import { shortSha } from "../../lib/words.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { ProblemBox } from "../../ui/problem-box.tsx";
import { Age } from "../../ui/time.tsx";
import { checksSigns, checksWords, reviewWords } from "../stacks/review-state.ts";

const stateWords: Record<Check["state"], string> = {
  failing: "failed",
  pending: "running",
  passing: "passed",
  skipped: "skipped",
};
const order: readonly Check["state"][] = ["failing", "pending", "passing", "skipped"];

/** The checks and reviews of a branch, what asks for attention first. */
export function CheckList({
  branch,
  error,
  onRetry,
}: {
  branch: Branch | undefined;
  error: unknown;
  onRetry: () => void;
}) {
  if (error && !branch) return <ProblemBox error={error} what="The checks" onRetry={onRetry} />;
  if (!branch) return <p className="loading meta">Loading the checks…</p>;
  const { ci } = branch;
  if (!ci) return <p className="loading meta">Checks are shown while there is an open pull request.</p>;
  const checks = [...(ci.checks ?? [])].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="check-list" aria-label="Checks and reviews" tabIndex={0}>
      <p className="meta parts">
        <span>{checksWords(branch)}</span>
        <span>
          of <code>{shortSha(branch.revision)}</code>
        </span>
        <span>
          seen <Age at={ci.observedAt} />
        </span>
      </p>
      {ci.outdated && <Outdated outdated={ci.outdated} />}
      {checks.length > 0 && (
        <ul aria-label="Checks">
          {checks.map((check) => (
            <li key={`${check.name} ${check.url ?? ""}`} className={`check ${check.state}`}>
              <Sign name={checksSigns[check.state]} />
              <CheckName check={check} />
              <span className="meta">{stateWords[check.state]}</span>
            </li>
          ))}
        </ul>
      )}
      <Reviews branch={branch} ci={ci} />
    </section>
  );
}

function CheckName({ check: { name, url } }: { check: Check }) {
  if (!url) return <span className="cut">{name}</span>;
  return (
    <a className="link cut" href={url} target="_blank" rel="noreferrer">
      {name} <Sign name="external" />
    </a>
  );
}

function Outdated({ outdated }: { outdated: NonNullable<Ci["outdated"]> }) {
  return (
    <p className="meta">
      Of <code>{shortSha(outdated.revision)}</code>, which the branch is not at any more, they were{" "}
      {outdated.status}, <Age at={outdated.observedAt} />.
    </p>
  );
}

function Reviews({ branch, ci }: { branch: Branch; ci: Ci }) {
  const decision = reviewWords(branch);
  const { reviews = [] } = ci;
  if (!decision && reviews.length === 0) return null;
  return (
    <>
      <h3>Reviews</h3>
      <p className="meta">{decision ?? "no decision yet"}</p>
      <ul aria-label="Reviews">
        {reviews.map(({ author, state }) => (
          <li key={author} className="check">
            <span>{author}</span>
            <span className="meta">{state.toLowerCase().replaceAll("_", " ")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
