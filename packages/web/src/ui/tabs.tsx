import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";
import { formatNumber } from "../lib/words.ts";

interface Tab<T extends string> {
  value: T;
  label: string;
  count?: number;
}

export function Tabs<T extends string>({
  name,
  value,
  tabs,
  onChoose,
  children,
}: {
  name: string;
  value: T;
  tabs: readonly Tab<T>[];
  onChoose: (value: T) => void;
  children: ReactNode;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);

  function step(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const index = tabs.findIndex((tab) => tab.value === value) + by;
    const next = tabs[index];
    if (by === 0 || !next) return;
    event.preventDefault();
    onChoose(next.value);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  }

  return (
    <>
      <div ref={list} role="tablist" aria-label={name} className="tabs" onKeyDown={step}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChoose(tab.value)}
          >
            {tab.label}
            {tab.count !== undefined && <span className="count">{formatNumber(tab.count)}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className="tab-panel">
        {children}
      </div>
    </>
  );
}
