import { useEffect, useRef, useState } from "react";
import { useShortcut } from "../keyboard/use-shortcut.ts";
import { Sign } from "./glyphs.tsx";
import { Key } from "./key.tsx";

const TYPING_MS = 120;

/** The filter of the page's list. `onChange` is told when the typing rests; Escape clears, a second one leaves. */
export function FilterBox({
  name,
  placeholder,
  text: given,
  onChange,
}: {
  name: string;
  placeholder: string;
  text: string;
  onChange: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(given);
  const [asked, setAsked] = useState(given);
  // The address changed by itself: Back, a link, or the filter's own Clear elsewhere.
  if (given !== asked) {
    setAsked(given);
    setText(given);
  }

  useEffect(() => {
    if (text === asked) return;
    const timer = setTimeout(() => {
      setAsked(text);
      onChange(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, asked, onChange]);

  useShortcut("focusFilter", () => {
    input.current?.focus();
    input.current?.select();
    return true;
  });

  return (
    <label className="filter">
      <Sign name="search" />
      <input
        ref={input}
        type="search"
        aria-label={name}
        placeholder={placeholder}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          if (text) setText("");
          else event.currentTarget.blur();
        }}
      />
      <Key id="focusFilter" />
    </label>
  );
}
