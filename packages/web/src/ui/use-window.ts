import { type RefObject, useDeferredValue, useEffect, useLayoutEffect, useState } from "react";
import { type Range, rangeFor } from "../lib/window.ts";

/** Drawn around what is seen, as soon as that is there. */
const OVERSCAN_PX = 480;
/** About what stands above a list at first. */
const ABOVE_PX = 320;

/**
 * Which rows of `list` are to be drawn for what is seen of it in the element around it that is marked `data-scroller`. Rows have known
 * heights, so this is arithmetic, not measuring.
 */
export function useWindow(list: RefObject<HTMLElement | null>, offsets: Float64Array): Range {
  const overscan = useDeferredValue(OVERSCAN_PX, 0);
  const [range, setRange] = useState<Range>(() => rangeFor(offsets, 0, innerHeight - ABOVE_PX, overscan));

  useLayoutEffect(() => {
    // Found from below: where all is drawn at once, a ref around the list is attached only after this.
    const scroller = scrollerOf(list.current);
    if (!scroller) return;
    const update = () => {
      const top = seenFrom(scroller, list.current);
      const next = rangeFor(offsets, top, top + scroller.clientHeight, overscan);
      setRange((now) => (now.start === next.start && now.end === next.end ? now : next));
    };
    update();
    scroller.addEventListener("scroll", update, { passive: true });
    const sizes = new ResizeObserver(update);
    sizes.observe(scroller);
    return () => {
      scroller.removeEventListener("scroll", update);
      sizes.disconnect();
    };
  }, [list, offsets, overscan]);

  const end = Math.min(range.end, offsets.length - 1);
  return { start: Math.min(range.start, end), end };
}

/** What scrolls the list. */
export function scrollerOf(list: HTMLElement | null): HTMLElement | null {
  return list?.closest<HTMLElement>("[data-scroller]") ?? null;
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
