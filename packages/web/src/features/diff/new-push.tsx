import { useMemo } from "react";
import type { BranchDiff } from "stackit/contract/view";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { compareDiffs } from "./compare-diffs.ts";
import { parsePatch } from "./parse-patch.ts";

/** Says that what is read was pushed anew, and how much of it is another; it is shown when the reader wants it. */
export function NewPush({
  at,
  read,
  newer,
  onShow,
}: {
  at: string;
  read: BranchDiff | undefined;
  /** Undefined until it is known. */
  newer: BranchDiff | undefined;
  onShow: () => void;
}) {
  const compared = useMemo(
    () => (read && newer ? compareDiffs(parsePatch(read.patch), parsePatch(newer.patch)) : undefined),
    [read, newer],
  );
  return (
    <div className="diff-bar" role="status">
      <Sign name="running" />
      <p>
        New push <Age at={at} />
        {compared &&
          (compared.different === 0 ? ". Only rebased, no change in this diff." : `, ${words(compared)}.`)}
        {!compared && ". You are reading the one before."}
      </p>
      <Button size="small" onClick={onShow}>
        Show it
      </Button>
    </div>
  );
}

function words({ different, total }: { different: number; total: number }): string {
  return `${different} of ${total} ${total === 1 ? "file" : "files"} ${different === 1 ? "differs" : "differ"}`;
}
