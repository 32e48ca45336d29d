import {
  type CSSProperties,
  useCallback,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { formatNumber } from "../../lib/words.ts";
import { useMedia } from "../../ui/use-window.ts";
import type { DiffSurfaceProps, SurfaceFile } from "./diff-surface.ts";
import { FileSection } from "./file-section.tsx";
import { createSurfaceLayout, visibleRows } from "./surface-layout.ts";
import { usePainter } from "./syntax/use-painter.ts";
import { usePlaces } from "./use-places.ts";

const OVERSCAN_PX = 600;
const STEP_PX = 200;
/** Up to so many files all their heads are drawn, so that headings can be listed and searched. */
const ALL_HEADS = 300;
const FAR_PX = 4000;
const MARKER_PX = 30;
const GUTTER_PADDING_PX = 16;

const NONE: ReadonlySet<string> = new Set();

interface Size {
  width: number;
  letter: number;
}

/**
 * Draws a diff in rows of known height: whatever its size, only what is seen is in the document, and the end is as near
 * as the beginning. Two sides are always wrapped, because two texts that scroll sideways cannot be read together.
 */
export function RowSurface({
  ref,
  name = "Diff",
  files,
  layout,
  wrap,
  viewed = NONE,
  marked,
  finding,
  onViewed,
  onLine,
  onMore,
  onVisibleFile,
}: DiffSurfaceProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const [size, setSize] = useState<Size>({ width: 800, letter: 7.5 });
  const [seen, setSeen] = useState({ top: 0, bottom: 1200 });
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const place = useMemo(createSurfaceLayout, []);
  const painter = usePainter();

  const digits = useMemo(() => formatNumber(highestLine(files)).replace(",", "").length, [files]);
  const gutter = Math.ceil(digits * size.letter) + GUTTER_PADDING_PX;
  const fits = columnsThatFit(size, layout, gutter);
  const wrapAt = wrap || layout === "split" ? fits : undefined;

  const { placed, height } = useMemo(
    () =>
      place(files, {
        layout,
        wrapAt,
        fits,
        isOpen: (file) =>
          (file.foldReason === undefined && !viewed.has(file.path)) !== toggled.has(file.path),
      }),
    [place, files, layout, wrapAt, fits, viewed, toggled],
  );
  const toggle = useCallback(
    (file: SurfaceFile) =>
      setToggled((now) => {
        const next = new Set(now);
        if (!next.delete(file.path)) next.add(file.path);
        return next;
      }),
    [],
  );
  const places = usePlaces(scroller, placed, { onOpen: toggle, onVisibleFile });
  const remember = useEffectEvent(places.remember);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => {
      const letter = (probe.current?.getBoundingClientRect().width ?? 75) / 10;
      const width = element.clientWidth;
      setSize((now) => (now.width === width && now.letter === letter ? now : { width, letter }));
    };
    const scrolled = () => {
      const top = Math.floor(element.scrollTop / STEP_PX) * STEP_PX - OVERSCAN_PX;
      const bottom = Math.ceil((element.scrollTop + element.clientHeight) / STEP_PX) * STEP_PX + OVERSCAN_PX;
      setSeen((now) => (now.top === top && now.bottom === bottom ? now : { top, bottom }));
      remember();
    };
    measure();
    scrolled();
    element.addEventListener("scroll", scrolled, { passive: true });
    const sizes = new ResizeObserver(() => {
      measure();
      scrolled();
    });
    sizes.observe(element);
    void document.fonts.ready.then(measure);
    return () => {
      element.removeEventListener("scroll", scrolled);
      sizes.disconnect();
    };
  }, []);

  // A file that is marked or unmarked opens or folds with its mark, whatever was folded by hand before.
  const [lastViewed, setLastViewed] = useState(viewed);
  if (lastViewed !== viewed) {
    setLastViewed(viewed);
    setToggled(new Set([...toggled].filter((path) => viewed.has(path) === lastViewed.has(path))));
  }

  useImperativeHandle(ref, () => places);

  const isPrinted = useMedia("print");
  const shown = isPrinted ? { top: 0, bottom: height } : seen;
  const all = isPrinted || placed.length <= ALL_HEADS;
  const style = { height, "--gutter": `${gutter}px` } as CSSProperties;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section ref={scroller} className="diff-scroller" aria-label={name} tabIndex={0}>
      <span ref={probe} className="diff-probe" aria-hidden="true">
        0000000000
      </span>
      <div className={`diff-files ${layout} ${wrapAt === undefined ? "" : "wrap"}`} style={style}>
        {placed.map((one) => {
          if (!all && (one.top > shown.bottom + FAR_PX || one.top + one.height < shown.top - FAR_PX))
            return null;
          const { start, end } = visibleRows(one, shown.top, shown.bottom);
          const { path } = one.file;
          return (
            <FileSection
              key={path}
              file={one.file}
              open={one.open}
              top={one.top}
              height={one.height}
              rows={one.rows}
              offsets={one.offsets}
              columns={one.columns}
              scrolls={one.columns > fits}
              start={start}
              end={end}
              isNear={one.top < shown.bottom && one.top + one.height > shown.top}
              isViewed={viewed.has(path)}
              marked={marked?.path === path ? marked.line : undefined}
              words={finding?.words ?? ""}
              hit={finding?.hit?.path === path ? finding.hit : undefined}
              painter={painter}
              onViewed={onViewed}
              onLine={onLine}
              onMore={onMore}
              onToggle={toggle}
            />
          );
        })}
      </div>
    </section>
  );
}

function columnsThatFit({ width, letter }: Size, layout: "unified" | "split", gutter: number): number {
  const room = layout === "split" ? width / 2 - gutter - MARKER_PX : width - 2 * gutter - MARKER_PX;
  return Math.max(12, Math.floor(room / letter) - 1);
}

function highestLine(files: readonly SurfaceFile[]): number {
  let highest = 1;
  for (const file of files) {
    const last = file.hunks.at(-1)?.lines.findLast((line) => line.new > 0 || line.old > 0);
    if (last) highest = Math.max(highest, last.new, last.old);
  }
  return highest;
}
