import { useState } from "react";
import { keepOrder, sortByIds } from "../../lib/order.ts";
import { sameData } from "../../lib/reuse.ts";
import type { Lane } from "./lanes.ts";

const idsOf = (lanes: readonly Lane[]) =>
  lanes.flatMap((lane) => [lane.id, ...lane.blocks.map((block) => block.stack.rootBranch)]);

/**
 * Keeps lanes and stacks where they are while somebody reads, however the data change. `question` names what was asked
 * for: another question may be answered in another order.
 */
export function useSteadyOrder(natural: Lane[], question: string, reading: boolean) {
  const { ids, moved, resort } = useSteadyIds(idsOf(natural), question, reading);
  const lanes = moved
    ? sortByIds(natural, ids, (lane) => lane.id).map((lane) => ({
        ...lane,
        blocks: sortByIds(lane.blocks, ids, (block) => block.stack.rootBranch),
      }))
    : natural;
  return { lanes, outOfOrder: moved, resort };
}

/** The same for any things with ids. */
export function useSteadyIds(naturalIds: string[], question: string, reading: boolean) {
  const [held, setHeld] = useState({ question: "", ids: [] as string[] });
  const steady = reading && held.question === question;
  const ids = steady ? keepOrder(held.ids, naturalIds) : naturalIds;
  if (held.question !== question || !sameData(held.ids, ids)) setHeld({ question, ids });
  const moved = steady && !sameData(ids, naturalIds);
  return { ids, moved, resort: () => setHeld({ question: "", ids: [] }) };
}
