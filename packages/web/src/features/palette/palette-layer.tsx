import { Suspense, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import type { Route } from "../../routes/location.ts";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";

const Palette = lazyPart(async () => (await import("./palette.tsx")).Palette);

/** The command palette while it is asked for: by its key, which works inside fields, too. */
export function PaletteLayer({ repos, route }: { repos: readonly RepoSummary[]; route: Route }) {
  const [open, setOpen] = useState(false);
  useShortcut("palette", () => {
    setOpen(true);
    return true;
  });
  return (
    open && (
      <ErrorBoundary part="The palette">
        <Suspense>
          <Palette repos={repos} route={route} onClose={() => setOpen(false)} />
        </Suspense>
      </ErrorBoundary>
    )
  );
}
