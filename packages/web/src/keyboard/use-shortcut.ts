import { useEffectEvent, useLayoutEffect } from "react";
import { useServices } from "../services.ts";
import type { ShortcutAction } from "./registry.ts";
import type { ShortcutId } from "./shortcuts.ts";

/** Gives a key its meaning while the component is drawn, from the frame on that shows it. */
export function useShortcut(id: ShortcutId, action: ShortcutAction): void {
  const { shortcuts } = useServices();
  const latest = useEffectEvent(action);
  useLayoutEffect(() => shortcuts.register(id, () => latest()), [shortcuts, id]);
}
