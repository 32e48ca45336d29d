import { useMemo, useState } from "react";
import type { SectionRow } from "./rows.ts";

/** What is folded and unfolded in the list, for as long as the page lives. */
export function useFolds() {
  const [stacks, setStacks] = useState<ReadonlySet<string>>(new Set());
  const [lanes, setLanes] = useState<ReadonlySet<string>>(new Set());
  const [merged, setMerged] = useState<ReadonlySet<string>>(new Set());
  const [sections, setSections] = useState<ReadonlySet<SectionRow["section"]>>(new Set());

  const actions = useMemo(
    () => ({
      toggleStack: (stack: string) => setStacks((now) => toggled(now, stack)),
      toggleLane: (lane: string) => setLanes((now) => toggled(now, lane)),
      toggleMerged: (stack: string) => setMerged((now) => toggled(now, stack)),
      toggleSection: (section: SectionRow["section"]) => setSections((now) => toggled(now, section)),
      /** Folds all of them, or, when all are folded, unfolds them. */
      toggleAll: (all: readonly string[]) =>
        setStacks((now) => (all.every((stack) => now.has(stack)) ? new Set() : new Set(all))),
    }),
    [],
  );
  return { stacks, lanes, merged, sections, actions };
}

function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
