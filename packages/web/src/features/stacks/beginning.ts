import { useDeferredValue } from "react";
import type { Lane, StackBlock } from "./lanes.ts";

/** More than the highest screen shows. */
const BRANCHES_AT_FIRST = 120;

/**
 * Whether all is drawn, or, in the very first drawing of much, only its beginning: the rest follows as soon as that is seen.
 * `isSought`: whether the page leads to a place in it.
 */
export function useIsWhole(branches: number, isSought: boolean): boolean {
  return useDeferredValue(true, isSought || branches <= BRANCHES_AT_FIRST);
}

/** The lanes as far as a screen shows them. Each says of itself what it says as a whole. */
export function beginningOf(lanes: readonly Lane[], branches = BRANCHES_AT_FIRST): Lane[] {
  const beginning: Lane[] = [];
  let left = branches;
  for (const lane of lanes) {
    if (left <= 0) break;
    const blocks: StackBlock[] = [];
    for (const block of lane.blocks) {
      if (left <= 0) break;
      blocks.push(block);
      left -= block.shown.length;
    }
    beginning.push({ ...lane, blocks });
  }
  return beginning;
}
