import type { ReactNode } from "react";

/** Nothing to show, why, and what makes something appear. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <svg aria-hidden="true" width="28" height="72" viewBox="0 0 28 72" fill="none" stroke="currentColor">
        <path d="M14 14v44" strokeWidth="1.5" strokeDasharray="2 5" strokeLinecap="round" />
        <circle cx="14" cy="9" r="4.5" strokeWidth="1.5" strokeDasharray="2.5 2.5" />
        <circle cx="14" cy="34" r="4.5" strokeWidth="1.5" strokeDasharray="2.5 2.5" className="empty-node" />
        <path d="M6 60h16" strokeWidth="2" strokeLinecap="round" />
      </svg>
      <div>
        <h2>{title}</h2>
        {children}
      </div>
    </div>
  );
}
