import { type ReactNode, type ToggleEvent, useRef } from "react";
import type { BranchDiff } from "stackit/contract/view";
import { firstKey, type ShortcutId } from "../../keyboard/shortcuts.ts";
import { useBlueOrange } from "./use-blue-orange.ts";

export interface MenuChoice {
  label: string;
  id: ShortcutId;
  on: boolean;
  set: (on: boolean) => void;
}

/** What is chosen once, or wanted seldom. */
export function DiffMenu({
  diff,
  choices,
}: {
  diff: BranchDiff | undefined;
  choices: readonly MenuChoice[];
}) {
  const button = useRef<HTMLButtonElement>(null);
  const [blueOrange, setBlueOrange] = useBlueOrange();
  const place = ({ currentTarget: menu }: ToggleEvent<HTMLElement>) => {
    const at = button.current?.getBoundingClientRect();
    if (!at) return;
    menu.style.top = `${at.bottom + 4}px`;
    menu.style.right = `${Math.max(8, innerWidth - at.right)}px`;
  };
  return (
    <>
      <button ref={button} type="button" className="button quiet small" popoverTarget="diff-menu">
        More
      </button>
      <section
        id="diff-menu"
        popover="auto"
        className="menu diff-menu"
        aria-label="More about the diff"
        onBeforeToggle={place}
      >
        {choices.map(({ label, id, on, set }) => (
          <Check key={id} label={label} on={on} set={set}>
            <kbd>{firstKey(id)}</kbd>
          </Check>
        ))}
        <Check label="Blue and orange" on={blueOrange} set={setBlueOrange} />
        {diff && (
          <button type="button" className="menu-item" onClick={() => savePatch(diff)}>
            Save the raw patch
          </button>
        )}
      </section>
    </>
  );
}

function Check({
  label,
  on,
  set,
  children,
}: {
  label: string;
  on: boolean;
  set: (on: boolean) => void;
  children?: ReactNode;
}) {
  return (
    <label className="check menu-item">
      <input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
      <span>{label}</span>
      {children}
    </label>
  );
}

function savePatch({ branch, headRevision, patch }: BranchDiff): void {
  const url = URL.createObjectURL(new Blob([patch], { type: "text/x-diff" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${branch.replaceAll(/[^\w.-]+/g, "-")}-${headRevision.slice(0, 8)}.patch`;
  link.click();
  URL.revokeObjectURL(url);
}
