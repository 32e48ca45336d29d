import type { View } from "stackit/contract/view";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { useStored } from "../../ui/use-stored.ts";
import { quoted } from "../stack/restack-command.ts";
import { isOf, type Viewer } from "./viewer.ts";

/** For whoever has no stack among those that are shown: how one comes to be. Hidden once, it stays so in this browser. */
export function FirstStack({ view: { repo, stacks }, viewer }: { view: View; viewer: Viewer | undefined }) {
  const [state, setState] = useStored("stackit.first-stack", "shown", ["shown", "hidden"]);
  // Whose a stack is follows from a login only where pull requests tell of authors.
  const isKnown = viewer !== undefined && ("name" in viewer || stacks.some(hasAuthor));
  if (state === "hidden" || !isKnown || stacks.length === 0) return null;
  // Who stands in a stack knows what one is, whoever made it.
  const isTheirs = (stack: View["stacks"][number]): boolean =>
    isOf(viewer, stack) || stack.branches.some(({ isCurrent }) => isCurrent);
  if (stacks.some(isTheirs)) return null;
  const command = `git switch -c my-first-layer ${quoted(repo.trunk)}`;
  return (
    <aside className="first-stack" aria-label="Your first stack">
      <div>
        <p>
          <strong>None of these stacks is yours yet.</strong> A stack is branches that stand on one another,
          each with a review of its own. Begin one:
        </p>
        <p className="command">
          <code>{command}</code>
          <CopyButton text={command} what="the command" />
        </p>
        <p className="meta">
          Commit, put the next branch on top of it, and push: they appear here by themselves.
        </p>
      </div>
      <Button look="quiet" size="small" aria-label="Hide this" onClick={() => setState("hidden")}>
        <Sign name="close" />
      </Button>
    </aside>
  );
}

function hasAuthor({ branches }: View["stacks"][number]): boolean {
  return branches.some(({ pr }) => pr?.author !== undefined);
}
