import type { PlannedBranch, SubmittedBranch } from "stackit/contract/submit";
import { count } from "../../lib/words.ts";
import { Coded } from "../../ui/coded.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import type { Inclusion } from "./choice.ts";
import { actionDetail, actionWords, stateWords } from "./submit-words.ts";

/** What a submit makes of a branch. */
export function Becomes({
  branch,
  inclusion,
  draft,
}: {
  branch: PlannedBranch;
  inclusion: Inclusion;
  draft: boolean;
}) {
  const detail = actionDetail(branch);
  return (
    <>
      <span className={`submit-action ${branch.action}`}>{actionWords(branch, draft)}</span>
      {branch.pr && (
        <>
          {" "}
          <PullLink {...branch.pr} />
        </>
      )}
      {inclusion.kind === "without" ? (
        <span className="meta">
          left out: needs <bdi className="mono">{inclusion.below}</bdi>
        </span>
      ) : inclusion.kind === "out" ? (
        <span className="meta">left out</span>
      ) : (
        detail !== undefined && <span className="meta">{detail}</span>
      )}
    </>
  );
}

/** How far a branch is. */
export function State({ submitted }: { submitted: SubmittedBranch }) {
  const { sign, tone, text } = stateWords(submitted);
  return (
    <span className={`submit-state ${tone}`}>
      <Sign name={sign} className={sign === "running" ? "spin" : ""} /> {text}
      {submitted.pr && <PullLink {...submitted.pr} />}
    </span>
  );
}

function PullLink({ number, url }: { number: number; url: string }) {
  return (
    <a className="link num" href={url} target="_blank" rel="noreferrer">
      #{number}
    </a>
  );
}

const FILES_SHOWN = 5;

/** Why a branch cannot be submitted, and what to do. */
export function Obstacle({ branch: { reason } }: { branch: PlannedBranch }) {
  if (!reason) return null;
  const { detail, files = [], command } = reason;
  return (
    <div className="submit-obstacle">
      <p>
        <Coded text={detail} />
      </p>
      {files.length > 0 && (
        <ul>
          {files.slice(0, FILES_SHOWN).map((file) => (
            <li key={file}>
              <code>{file}</code>
            </li>
          ))}
          {files.length > FILES_SHOWN && (
            <li className="meta">and {count(files.length - FILES_SHOWN, "more file")}</li>
          )}
        </ul>
      )}
      {command !== undefined && (
        <p className="command">
          <code>{command}</code>
          <CopyButton text={command} what="the command" />
        </p>
      )}
    </div>
  );
}

/** Why a branch failed. */
export function Outcome({ error: { title, detail } }: { error: NonNullable<SubmittedBranch["error"]> }) {
  return (
    <p className="submit-outcome">
      <strong>{title}.</strong> {detail !== title && <Coded text={detail} />}
    </p>
  );
}
