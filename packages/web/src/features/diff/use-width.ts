import { type RefObject, useLayoutEffect, useState } from "react";

export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observed = element.current;
    if (!observed) return;
    const measure = () => setWidth(observed.clientWidth);
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(observed);
    return () => sizes.disconnect();
  }, [element]);
  return width;
}
