import type { ReactNode } from "react";

/** 16-pixel signs. Each stands beside a word, so none has a name of its own. */
function Glyph({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      className={className === undefined ? "glyph" : `glyph ${className}`}
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

export type GlyphName = keyof typeof glyphs;

const glyphs = {
  ok: <path d="m3.5 8.5 3 3 6-7" />,
  running: <path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.7h-2.7" />,
  queued: <circle cx="8" cy="8" r="5" strokeDasharray="2.6 2.6" />,
  late: <path d="M8 2.8 14 13H2L8 2.8ZM8 7v2.6M8 11.4v.1" />,
  failing: <path d="m4 4 8 8M12 4l-8 8" />,
  paused: <path d="M6 4v8M10 4v8" />,
  never: <circle cx="8" cy="8" r="3" />,
  merged: <path d="M4.5 3v10M4.5 5c0 3.5 3 4.5 7 4.5M9.5 7.5l2 2-2 2" />,
  live: <circle cx="8" cy="8" r="3.5" fill="currentColor" stroke="none" />,
  half: <path d="M8 4.5a3.5 3.5 0 1 1 0 7Z M8 4.5a3.5 3.5 0 1 0 0 7" fill="currentColor" />,
  hollow: <circle cx="8" cy="8" r="3.5" strokeDasharray="2 2" />,
  offline: <path d="M8 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM3.5 12.5l9-9" />,
  close: <path d="m4.5 4.5 7 7M11.5 4.5l-7 7" />,
  copy: <path d="M6 6h6.5v7H6zM3.5 10V3H10" />,
  down: <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />,
  right: <path d="M6.5 4.5 10 8l-3.5 3.5" />,
  left: <path d="M9.5 4.5 6 8l3.5 3.5" />,
  search: <path d="M7.2 11.4a4.2 4.2 0 1 0 0-8.4 4.2 4.2 0 0 0 0 8.4ZM10.3 10.3 13.2 13.2" />,
  external: <path d="M9.5 3.5h3v3M12.5 3.5 8 8M7 4.5H3.5v8h8V9" />,
  sun: (
    <path d="M8 10.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2ZM8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1" />
  ),
  moon: <path d="M13 9.6A5.4 5.4 0 0 1 6.4 3 5.4 5.4 0 1 0 13 9.6Z" />,
  system: <path d="M2.5 3.5h11v7h-11zM6 13h4M8 10.5V13" />,
  wide: <path d="M9.5 3.5h3v3M12.5 3.5 9 7M6.5 12.5h-3v-3M3.5 12.5 7 9" />,
  tree: <path d="M3.5 3v9h3M3.5 6.5h3M8.5 5h4M8.5 10.5h4" />,
  person: <path d="M8 7.6a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8ZM3.2 13.4a4.9 4.9 0 0 1 9.6 0" />,
  lock: <path d="M4 7.5h8v5.5H4zM5.8 7.5V5.6a2.2 2.2 0 0 1 4.4 0v1.9" />,
} satisfies Record<string, ReactNode>;

export function Sign({ name, className }: { name: GlyphName; className?: string }) {
  return <Glyph {...(className === undefined ? {} : { className })}>{glyphs[name]}</Glyph>;
}
