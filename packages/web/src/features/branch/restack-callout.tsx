import type { Branch } from "stackit/contract/view";
import { shortSha } from "../../lib/words.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { isMoved } from "../stacks/branch-state.ts";

/** How the branch stands on its parent, where something is to be said of it, and what would come of moving or merging it. */
export function RestackCallout({ branch }: { branch: Branch }) {
  const { state, reason, recorded, actual } = branch.restack;
  if (state === "in-sync") {
    return (
      <>
        <AboveRestack preview={branch.restack.preview} />
        <TrunkMerge merge={branch.restack.trunkMerge} />
      </>
    );
  }
  const grave = isMoved(branch);
  return (
    <div className={`callout ${grave ? "warn" : "idle"}`}>
      <Sign name={grave ? "late" : state === "merged" ? "merged" : "never"} />
      <div>
        <p>
          <strong>{restackTitles[state]}.</strong> {reason}
        </p>
        {recorded && actual && recorded !== actual && (
          <p className="meta">
            stands on <code>{shortSha(recorded)}</code>, the parent is at <code>{shortSha(actual)}</code>
          </p>
        )}
        <RestackPreview preview={branch.restack.preview} />
        {branch.isLocked && branch.lockReason && <p className="meta">Locked: {branch.lockReason}</p>}
      </div>
    </div>
  );
}

/** A branch that stands where it should, on one that will be moved. */
function AboveRestack({ preview }: { preview: Preview | undefined }) {
  if (preview?.state !== "conflicts") return null;
  return (
    <div className="callout warn">
      <Sign name="late" />
      <div>
        <p>
          <strong>A restack below would reach it.</strong> It stands on a branch that has to be moved.
        </p>
        <RestackPreview preview={preview} />
      </div>
    </div>
  );
}

/** A branch that stands where it should, on a trunk that has gone on. */
function TrunkMerge({ merge }: { merge: Merge | undefined }) {
  if (!merge) return null;
  if (merge.state === "clean") {
    return <p className="meta">The trunk has gone on; it would still merge cleanly.</p>;
  }
  if (merge.state === "unknown") {
    return <p className="meta">Whether it would still merge is not known. {merge.reason}</p>;
  }
  return (
    <div className="callout warn">
      <Sign name="late" />
      <div>
        <p>
          <strong>It would not merge cleanly any more.</strong> The trunk has gone on since.
        </p>
        <div className="restack-conflicts">
          <p>A merge would conflict in {countOf(merge)}:</p>
          <ConflictFiles {...merge} />
        </div>
      </div>
    </div>
  );
}

type Merge = NonNullable<Branch["restack"]["trunkMerge"]>;
type Preview = NonNullable<Branch["restack"]["preview"]>;

const NAMED_FILES = 6;

/** What was tried, in the past tense of a trial: nothing has been changed. */
function RestackPreview({ preview }: { preview: Preview | undefined }) {
  if (!preview) return null;
  if (preview.state === "clean") return <p className="meta">A restack would apply cleanly.</p>;
  if (preview.state === "unknown") {
    return <p className="meta">Whether a restack would apply is not known. {preview.reason}</p>;
  }
  return (
    <div className="restack-conflicts">
      <p>
        A restack would conflict at <code>{shortSha(preview.commit ?? "")}</code> in {countOf(preview)}:
      </p>
      <ConflictFiles {...preview} />
    </div>
  );
}

function countOf({ files = [], fileCount = files.length }: Merge): string {
  return fileCount === 1 ? "one file" : `${fileCount} files`;
}

function ConflictFiles({ files = [], fileCount = files.length }: Merge) {
  const named = files.slice(0, NAMED_FILES);
  return (
    <ul>
      {named.map((file) => (
        <li key={file}>
          <code>{file}</code>
        </li>
      ))}
      {fileCount > named.length && <li>and {fileCount - named.length} more</li>}
    </ul>
  );
}

const restackTitles = {
  "parent-moved": "Parent moved",
  diverged: "Diverged from its parent",
  merged: "Merged",
  unknown: "How it stands on its parent is not known",
} as const;
