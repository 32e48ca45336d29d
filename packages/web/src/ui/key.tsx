import { firstKey, type ShortcutId } from "../keyboard/shortcuts.ts";

/** The key of an action, for the eye only: whoever hears the page finds it in the help. */
export function Key({ id }: { id: ShortcutId }) {
  return (
    <span className="key" aria-hidden="true">
      {firstKey(id)}
    </span>
  );
}
