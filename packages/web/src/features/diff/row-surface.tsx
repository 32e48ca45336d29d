import {
  type CSSProperties,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { formatNumber } from "../../lib/words.ts";
import type { DiffSurfaceProps, SurfaceFile } from "./diff-surface.ts";
import { FileSection } from "./file-section.tsx";
import { createSurfaceLayout, fileAt, visibleRows } from "./surface-layout.ts";
import { usePainter } from "./syntax/use-painter.ts";

const OVERSCAN_PX = 600;
const STEP_PX = 200;
/** Up to so many files all their heads are drawn, so that headings can be listed and searched. */
const ALL_HEADS = 300;
const FAR_PX = 4000;
const MARKER_PX = 30;
const GUTTER_PADDING_PX = 16;

interface Size {
  width: number;
  letter: number;
}

/**
 * Draws a diff in rows of known height: whatever its size, only what is seen is in the document, and the end is as near
 * as the beginning. Two sides are always wrapped, because two texts that scroll sideways cannot be read together.
 */
export function RowSurface({ ref, files, layout, wrap, onVisibleFile }: DiffSurfaceProps) {
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
        isOpen: (file) => (file.foldReason === undefined) !== toggled.has(file.path),
      }),
    [place, files, layout, wrapAt, fits, toggled],
  );

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

  const topFile = placed[fileAt(placed, seen.top + OVERSCAN_PX)]?.file.path;
  useEffect(() => {
    if (topFile !== undefined) onVisibleFile(topFile);
  }, [topFile, onVisibleFile]);

  function show(index: number): string | undefined {
    const target = placed[index];
    const element = scroller.current;
    if (!target || !element) return undefined;
    element.scrollTop = target.top;
    requestAnimationFrame(() => {
      const heading = element.querySelector<HTMLElement>(`[data-file="${CSS.escape(target.file.path)}"] h3`);
      heading?.focus({ preventScroll: true });
    });
    return target.file.path;
  }

  useImperativeHandle(ref, () => ({
    scrollTo: (path) => show(placed.findIndex(({ file }) => file.path === path)) !== undefined,
    step: (by) => {
      const top = scroller.current?.scrollTop ?? 0;
      const now = fileAt(placed, top);
      const atItsTop = Math.abs((placed[now]?.top ?? 0) - top) < 2;
      return show(by > 0 ? now + 1 : atItsTop ? now - 1 : now);
    },
  }));

  const toggle = useMemo(
    () => (file: SurfaceFile) =>
      setToggled((now) => {
        const next = new Set(now);
        if (!next.delete(file.path)) next.add(file.path);
        return next;
      }),
    [],
  );

  const all = placed.length <= ALL_HEADS;
  const style = { height, "--gutter": `${gutter}px` } as CSSProperties;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section ref={scroller} className="diff-scroller" aria-label="Diff" tabIndex={0}>
      <span ref={probe} className="diff-probe" aria-hidden="true">
        0000000000
      </span>
      <div className={`diff-files ${layout} ${wrapAt === undefined ? "" : "wrap"}`} style={style}>
        {placed.map((one) => {
          if (!all && (one.top > seen.bottom + FAR_PX || one.top + one.height < seen.top - FAR_PX))
            return null;
          const { start, end } = visibleRows(one, seen.top, seen.bottom);
          return (
            <FileSection
              key={one.file.path}
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
              painter={painter}
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
