import { lazy, Suspense, useEffect, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import type { Route } from "../../routes/location.ts";
import { useServices } from "../../services.ts";

const Palette = lazy(async () => ({ default: (await import("./palette.tsx")).Palette }));

/** The command palette while it is asked for: by its key, which works inside fields, too. */
export function PaletteLayer({ repos, route }: { repos: readonly RepoSummary[]; route: Route }) {
  const { shortcuts } = useServices();
  const [open, setOpen] = useState(false);
  useShortcut("palette", () => {
    setOpen(true);
    return true;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const asked = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "k";
      if (!asked || document.querySelector("dialog:modal")) return;
      event.preventDefault();
      shortcuts.run("palette");
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [shortcuts]);

  return (
    open && (
      <Suspense>
        <Palette repos={repos} route={route} onClose={() => setOpen(false)} />
      </Suspense>
    )
  );
}
