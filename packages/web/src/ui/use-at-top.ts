import { type RefObject, useEffect, useState } from "react";

const NEAR_PX = 24;

/** Whether somebody looks at the beginning of what scrolls, rather than reading further down. */
export function useAtTop(scroller: RefObject<HTMLElement | null>): boolean {
  const [isAtTop, setAtTop] = useState(true);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const update = () => setAtTop(element.scrollTop < NEAR_PX);
    update();
    element.addEventListener("scroll", update, { passive: true });
    return () => element.removeEventListener("scroll", update);
  }, [scroller]);
  return isAtTop;
}
