import { Store } from "../lib/store.ts";
import { type ShortcutId, shortcuts } from "./shortcuts.ts";

/** Gives false when it had nothing to do, and the key is left to whoever registered before. */
export type ShortcutAction = () => boolean | undefined;

const SEQUENCE_MS = 1200;
const STORAGE_KEY = "stackit.single-keys";

/** Keys that stay when single-key shortcuts are switched off, because they are no characters. */
const always = new Set(["Escape", "Enter", "ArrowDown", "ArrowUp", "Home", "End"]);

/**
 * What each key does now. The latest to register is asked first, so a panel's Escape comes before the page's. Keys do
 * nothing inside fields, unless they go with Control or Command, nor below an open modal dialog.
 */
export class ShortcutRegistry {
  readonly enabled = new Store(readEnabled());
  readonly #actions: { id: ShortcutId; action: ShortcutAction }[] = [];
  #prefix: { key: string; at: number } | undefined;

  register(id: ShortcutId, action: ShortcutAction): () => void {
    const entry = { id, action };
    this.#actions.push(entry);
    return () => {
      this.#actions.splice(this.#actions.indexOf(entry), 1);
    };
  }

  setEnabled(enabled: boolean): void {
    this.enabled.set(enabled);
    try {
      localStorage.setItem(STORAGE_KEY, enabled ? "on" : "off");
    } catch {
      // Storage may be forbidden; then the choice holds for this page.
    }
  }

  /** What a key would do now, in the order of the help. */
  active(): ShortcutId[] {
    const registered = new Set<string>(this.#actions.map(({ id }) => id));
    return (Object.keys(shortcuts) as ShortcutId[]).filter((id) => registered.has(id));
  }

  /** Does what its key does, also while single keys are switched off. */
  run(id: ShortcutId): void {
    for (const entry of this.#actions.toReversed()) if (entry.id === id && entry.action() !== false) return;
  }

  readonly handle = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog:modal")) return;
    const { key } = event;
    if (event.ctrlKey || event.metaKey) {
      if (!event.shiftKey && this.#run(`Ctrl+${key.toUpperCase()}`)) event.preventDefault();
      return;
    }
    if (isTyping(event.target)) return;
    if (!this.enabled.get() && !always.has(key)) return;
    const prefix =
      this.#prefix && event.timeStamp - this.#prefix.at < SEQUENCE_MS ? this.#prefix.key : undefined;
    this.#prefix = undefined;
    if (prefix && this.#run(`${prefix} ${key}`)) event.preventDefault();
    else if (this.#run(key)) event.preventDefault();
    else if (startsSequence(key)) this.#prefix = { key, at: event.timeStamp };
  };

  #run(keys: string): boolean {
    for (const { id, action } of this.#actions.toReversed()) {
      const known: readonly string[] = shortcuts[id].keys;
      if (known.includes(keys) && action() !== false) return true;
    }
    return false;
  }
}

function startsSequence(key: string): boolean {
  return Object.values(shortcuts).some(({ keys }) =>
    keys.some((keyOf: string) => keyOf.startsWith(`${key} `)),
  );
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
}

function readEnabled(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) !== "off";
  } catch {
    return true;
  }
}
