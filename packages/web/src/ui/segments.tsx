import type { ReactNode } from "react";

interface Segment<T extends string> {
  value: T;
  label: ReactNode;
  title?: string;
}

/** A few choices of which one holds. */
export function Segments<T extends string>({
  name,
  value,
  choices,
  onChoose,
}: {
  name: string;
  value: T;
  choices: readonly Segment<T>[];
  onChoose: (value: T) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this is a toolbar's group of toggle buttons.
    <div role="group" aria-label={name} className="segments">
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          title={choice.title}
          onClick={() => onChoose(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}
