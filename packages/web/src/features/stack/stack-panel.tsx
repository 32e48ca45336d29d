import { type ReactNode, useEffect, useRef } from "react";
import type { ForgeHealth } from "stackit/contract/repo";
import type { StackDetail } from "stackit/contract/view";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { count } from "../../lib/words.ts";
import { useServices } from "../../services.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { useMedia } from "../../ui/use-window.ts";
import { LineCounts } from "../stacks/line-counts.tsx";
import { SubmitButton } from "../submit/submit-button.tsx";
import { type ForgeKnowledge, type Ladder, ladderOf, totalsOf } from "./ladder.ts";
import { RungList } from "./rung-list.tsx";
import { Verdict } from "./verdict.tsx";
import "./stack-panel.css";

export function StackPanel({
  repoId,
  stack,
  isGone,
  trunk,
  forge,
  maySubmit,
  hrefOf,
  onClose,
}: {
  repoId: string;
  /** As it was last, when it is gone. */
  stack: StackDetail;
  isGone: boolean;
  trunk: string;
  forge: ForgeHealth | undefined;
  /** Whether who looks at it may have anything written to the repository. */
  maySubmit: boolean;
  hrefOf: (branch: string, tab?: "checks") => string;
  onClose: () => void;
}) {
  const covers = useMedia("(max-width: 899.9px)");
  const panel = useRef<HTMLElement>(null);
  const ladder = ladderOf(stack, knowledgeOf(forge));
  useSaidState(ladder);
  useShortcut("close", () => {
    onClose();
    return true;
  });
  // On a small screen the panel lies over the list, and what had the focus is no longer to be seen.
  useEffect(() => {
    if (covers) panel.current?.focus();
  }, [covers]);

  return (
    <section ref={panel} className="panel stack-panel" aria-label={`Stack ${stack.title}`} tabIndex={-1}>
      <div className="panel-bar">
        <Button
          look="quiet"
          size="small"
          aria-label={covers ? undefined : "Close the stack"}
          title="Close (Esc)"
          onClick={onClose}
        >
          <Sign name={covers ? "left" : "close"} />
          {covers && "Back to the list"}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section className="stack-body" aria-label="State and branches" tabIndex={0}>
        <Head stack={stack}>
          {maySubmit && !isGone && ladder.state !== "landed" && (
            <SubmitButton repoId={repoId} stack={stack} />
          )}
        </Head>
        {isGone ? (
          <div className="callout warn">
            <Sign name="late" />
            <p>
              <strong>This stack is gone.</strong> Its branches were merged, deleted or renamed. What you see
              is its last known state.
            </p>
          </div>
        ) : (
          <Verdict
            repoId={repoId}
            stack={stack}
            ladder={ladder}
            trunk={trunk}
            forge={forge}
            hrefOf={hrefOf}
          />
        )}
        <RungList stack={stack} ladder={ladder} trunk={trunk} hrefOf={hrefOf} />
      </section>
    </section>
  );
}

function Head({ stack, children }: { stack: StackDetail; children: ReactNode }) {
  const totals = totalsOf(stack);
  const newestAt = stack.branches.reduce(
    (newest, { commitDate }) => (commitDate > newest ? commitDate : newest),
    "",
  );
  return (
    <header>
      <div className="stack-title-line">
        <h2>{stack.title}</h2>
        {children}
      </div>
      {stack.description && stack.description !== stack.title && <p>{stack.description}</p>}
      <p className="meta parts">
        {stack.owner && <span>{stack.owner}</span>}
        <span>{count(totals.branches, "branch", "branches")}</span>
        <span>{count(totals.commits, "commit")}</span>
        {totals.uncounted < totals.branches && (
          <span title={totals.uncounted > 0 ? `${totals.uncounted} not counted yet` : undefined}>
            <LineCounts added={totals.added} deleted={totals.deleted} />
          </span>
        )}
        {newestAt && (
          <span>
            newest <Age at={newestAt} />
          </span>
        )}
      </p>
    </header>
  );
}

function knowledgeOf(forge: ForgeHealth | undefined): ForgeKnowledge {
  if (!forge) return "none";
  return forge.health === "current" ? "current" : "old";
}

/** Tells a screen reader when the stack comes to be ready, or is so no more. */
function useSaidState({ state }: Ladder): void {
  const { announcer } = useServices();
  const said = useRef(state);
  useEffect(() => {
    if (said.current === state) return;
    if (state === "ready") announcer.say("The stack is ready");
    else if (said.current === "ready") announcer.say("The stack is no longer ready");
    said.current = state;
  }, [announcer, state]);
}
