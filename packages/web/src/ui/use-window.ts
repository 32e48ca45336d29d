import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { type Range, rangeFor } from "../lib/window.ts";

const OVERSCAN_PX = 480;

/** Which rows of `list` the scroller shows. Rows have known heights, so this is arithmetic, not measuring. */
export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  list: RefObject<HTMLElement | null>,
  offsets: Float64Array,
): Range {
  const [range, setRange] = useState<Range>(() => rangeFor(offsets, 0, 1200, OVERSCAN_PX));
  // Where all is drawn at once, what scrolls is around the list, and is known by its ref only after the first layout effects within it.
  const [around, setAround] = useState<HTMLElement | null>(null);
  useEffect(() => setAround(scroller.current), [scroller]);

  useLayoutEffect(() => {
    const element = scroller.current ?? around;
    if (!element) return undefined;
    const update = () => {
      const top = seenFrom(element, list.current);
      const next = rangeFor(offsets, top, top + element.clientHeight, OVERSCAN_PX);
      setRange((now) => (now.start === next.start && now.end === next.end ? now : next));
    };
    update();
    element.addEventListener("scroll", update, { passive: true });
    const sizes = new ResizeObserver(update);
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", update);
      sizes.disconnect();
    };
  }, [scroller, list, offsets, around]);

  const end = Math.min(range.end, offsets.length - 1);
  return { start: Math.min(range.start, end), end };
}

/** Where the top of the scroller is in the list's own pixels. */
function seenFrom(scroller: HTMLElement, list: HTMLElement | null): number {
  if (!list) return 0;
  return scroller.getBoundingClientRect().top - list.getBoundingClientRect().top;
}

/** Calls back once whenever the media query starts or stops to match. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const update = () => setMatches(list.matches);
    update();
    list.addEventListener("change", update);
    return () => list.removeEventListener("change", update);
  }, [query]);
  return matches;
}
