import { useEffect, useState } from "react";

/**
 * Up to where a list that grows at its top is shown: ids that are greater than `top` are newer than what its reader has seen, and wait while
 * somebody reads further down. `release` shows them.
 */
export function useHeldTop(
  newest: string | undefined,
  isAtTop: boolean,
): { top: string | undefined; release: () => void } {
  const [held, setHeld] = useState<string>();
  const top = isAtTop || held === undefined ? newest : held;
  useEffect(() => setHeld(top), [top]);
  return { top, release: () => setHeld(newest) };
}
