import { type FocusEvent, useState } from "react";
import type { RepoSummary } from "stackit/contract/repo";
import { keepOrder, sortByIds } from "../../lib/order.ts";
import { sameData } from "../../lib/reuse.ts";

/**
 * Keeps the rows where they are while somebody reads them, however their states change. `question` names what was asked
 * for: another question may be answered in another order.
 */
export function useSteadyRepos(natural: RepoSummary[], question: string) {
  const [reading, setReading] = useState(false);
  const [held, setHeld] = useState({ question: "", ids: [] as string[] });
  const naturalIds = natural.map((repo) => repo.id);
  const steady = reading && held.question === question;
  const ids = steady ? keepOrder(held.ids, naturalIds) : naturalIds;
  if (held.question !== question || !sameData(held.ids, ids)) setHeld({ question, ids });
  const outOfOrder = steady && !sameData(ids, naturalIds);
  return {
    found: outOfOrder ? sortByIds(natural, ids, (repo) => repo.id) : natural,
    outOfOrder,
    resort: () => setHeld({ question: "", ids: [] }),
    readingProps: {
      onPointerEnter: () => setReading(true),
      onPointerLeave: (event: { currentTarget: Element }) =>
        setReading(event.currentTarget.contains(document.activeElement)),
      onFocus: () => setReading(true),
      onBlur: (event: FocusEvent) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setReading(false);
      },
    },
  };
}
