import { type RefObject, useMemo, useRef, useState } from "react";
import { useShortcut } from "../../keyboard/use-shortcut.ts";
import { formatNumber } from "../../lib/words.ts";
import { Button } from "../../ui/button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import type { DiffSurfaceHandle, Finding, SurfaceFile } from "./diff-surface.ts";
import { findInDiff, type Hit, MAX_HITS } from "./find-in-diff.ts";

export interface FindState {
  isOpen: boolean;
  input: RefObject<HTMLInputElement | null>;
  words: string;
  hits: readonly Hit[];
  at: number;
  /** What the surface marks; undefined while nothing is looked for. */
  shown: Finding | undefined;
  open: () => void;
  close: () => void;
  look: (words: string) => void;
  step: (by: 1 | -1) => void;
}

/** Finds words in lines that are not in the document, where the browser's own search would miss them. */
export function useFinding(
  files: readonly SurfaceFile[] | undefined,
  surface: RefObject<DiffSurfaceHandle | null>,
): FindState {
  const [isOpen, setOpen] = useState(false);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const hits = useMemo(() => (isOpen && files ? findInDiff(files, words) : []), [isOpen, files, words]);
  const hit = hits[Math.min(at, hits.length - 1)];
  const shown = useMemo(() => (isOpen && words !== "" ? { words, hit } : undefined), [isOpen, words, hit]);

  const goTo = (index: number, found: readonly Hit[]) => {
    setAt(index);
    const target = found[index];
    if (target) surface.current?.reveal(target.path, target.line);
  };
  const open = () => {
    setOpen(true);
    input.current?.select();
    input.current?.focus();
  };
  useShortcut("findInDiff", () => {
    if (isOpen && document.activeElement === input.current) return false;
    open();
    return true;
  });
  return {
    isOpen,
    input,
    words,
    hits,
    at: Math.min(at, hits.length - 1),
    shown,
    open,
    close: () => setOpen(false),
    look(next) {
      setWords(next);
      goTo(0, files ? findInDiff(files, next) : []);
    },
    step(by) {
      if (hits.length > 0) goTo((at + by + hits.length) % hits.length, hits);
    },
  };
}

export function FindBar({ input, words, hits, at, look, step, close }: FindState) {
  const leave = () => {
    close();
    document.querySelector<HTMLElement>(".diff-scroller")?.focus();
  };
  return (
    <search
      className="find-bar"
      aria-label="Find in diff"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        leave();
      }}
    >
      <Sign name="search" />
      <input
        ref={input}
        type="search"
        aria-label="Find in diff"
        placeholder="Find in diff"
        // biome-ignore lint/a11y/noAutofocus: it was opened to be written into.
        autoFocus
        value={words}
        onChange={(event) => look(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          step(event.shiftKey ? -1 : 1);
        }}
      />
      <span className="meta num" role="status">
        {words !== "" && countWords(at, hits.length)}
      </span>
      <Button
        look="quiet"
        size="small"
        aria-label="Previous hit"
        title="Previous (Shift Enter)"
        onClick={() => step(-1)}
      >
        <Sign name="down" className="up" />
      </Button>
      <Button look="quiet" size="small" aria-label="Next hit" title="Next (Enter)" onClick={() => step(1)}>
        <Sign name="down" />
      </Button>
      <Button look="quiet" size="small" aria-label="Close the search" title="Close (Esc)" onClick={leave}>
        <Sign name="close" />
      </Button>
    </search>
  );
}

function countWords(at: number, total: number): string {
  if (total === 0) return "Not found";
  return `${formatNumber(at + 1)} of ${formatNumber(total)}${total >= MAX_HITS ? "+" : ""}`;
}
