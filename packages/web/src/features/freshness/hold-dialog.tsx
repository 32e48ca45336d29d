import { useEffect, useRef } from "react";
import type { RepoKind } from "stackit/contract/repo";
import type { Hold } from "stackit/contract/sync-run";
import { count } from "../../lib/words.ts";
import { Button } from "../../ui/button.tsx";
import { Coded } from "../../ui/coded.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Until } from "../../ui/time.tsx";
import type { Barred } from "./barred.ts";
import { type HoldState, loserWords, lostCount, lostWords } from "./hold-words.ts";
import { useObstacle } from "./use-obstacle.ts";
import type { Sync } from "./use-sync.ts";

/** What would be removed, and whether to let it. */
export function HoldDialog({
  hold,
  state,
  kind,
  sync,
  barred,
  onConfirm,
  onShow,
  onClose,
}: {
  hold: Hold;
  state: HoldState;
  kind: RepoKind;
  sync: Sync;
  barred: Barred | undefined;
  onConfirm: () => void;
  onShow: (hold: Hold) => void;
  onClose: () => void;
}) {
  const way = useRef<HTMLButtonElement>(null);
  const obstacle = useObstacle(sync);
  const lost = count(lostCount(hold), "branch", "branches");
  const mayConfirm = barred === undefined && state.kind !== "over" && state.kind !== "changed";

  // What cannot be undone is not under the finger at once.
  useEffect(() => way.current?.focus(), []);

  return (
    <Dialog title={`${lostWords(hold)} would be removed`} className="decision" onClose={onClose}>
      <p>
        {loserWords(kind)} no longer has them; here nothing was changed so far. Let it through if they were
        removed on purpose. If not, bring them back there: then nothing is held any more.
      </p>
      <p className="meta">
        If nobody decides and they are still gone, a second look lets it through{" "}
        <Until at={hold.confirmsAt} />.
      </p>
      <Names hold={hold} />
      <footer>
        <Word state={state} barred={barred} onShow={onShow} />
        <div className="choices">
          <Button ref={way} onClick={onClose}>
            {mayConfirm ? "Not now" : "Close"}
          </Button>
          {mayConfirm && (
            <Button look="ink" unavailable={obstacle} onClick={onConfirm}>
              Remove {lost}
            </Button>
          )}
        </div>
      </footer>
    </Dialog>
  );
}

/** `step-2` before `step-10`. */
const byNumber = new Intl.Collator("en", { numeric: true });

function Names({ hold: { wouldRemove, ...hold } }: { hold: Hold }) {
  const more = lostCount({ wouldRemove, ...hold }) - wouldRemove.length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
    <section className="lost" aria-label="Branches that would be removed" tabIndex={0}>
      <ul>
        {wouldRemove.toSorted(byNumber.compare).map((name) => (
          <li key={name} className="cut mono" title={name}>
            <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="meta">and {count(more, "more branch", "more branches")}</p>}
    </section>
  );
}

const waiting: Record<Barred, string> = {
  public: "This server is read-only, so it waits for the second look.",
  reader: "Who may write to the repository can let it through; else it waits for the second look.",
};

/** Why it cannot be let through as it is shown, or that it is being done. */
function Word({
  state,
  barred,
  onShow,
}: {
  state: HoldState;
  barred: Barred | undefined;
  onShow: (hold: Hold) => void;
}) {
  switch (state.kind) {
    case "asking":
      return (
        <p className="state-line run">
          <Sign name="running" /> <strong>Looking once more…</strong>
        </p>
      );
    case "changed":
      return (
        <div className="callout warn" role="alert">
          <Sign name="late" />
          <p>
            <strong>It has changed meanwhile.</strong> Now {lostWords(state.hold)} would be removed.
          </p>
          <Button size="small" onClick={() => onShow(state.hold)}>
            Show them
          </Button>
        </div>
      );
    case "refused":
      return (
        <div className="callout bad" role="alert">
          <Sign name="failing" />
          <p>
            <strong>Not let through.</strong> <Coded text={state.text} />
          </p>
        </div>
      );
    case "over":
      return (
        <div className="callout" role="alert">
          <Sign name="ok" />
          <p>Nothing is held any more: the branches are back, or the change went through.</p>
        </div>
      );
    case "open":
      return barred === undefined ? null : <p className="meta">{waiting[barred]}</p>;
  }
}
