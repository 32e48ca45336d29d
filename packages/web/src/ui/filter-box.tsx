import { useEffect, useRef, useState } from "react";
import { useShortcut } from "../keyboard/use-shortcut.ts";
import { useServices } from "../services.ts";
import { Sign } from "./glyphs.tsx";
import { Key } from "./key.tsx";

const TYPING_MS = 120;

/**
 * The filter of the page's list. `onChange` is told when the typing rests; Escape clears, a second one leaves; Enter and the arrow down go to the
 * first row of what is found.
 */
export function FilterBox({
  name,
  placeholder,
  text: given,
  isSettled = true,
  onChange,
}: {
  name: string;
  placeholder: string;
  text: string;
  /** Whether the list shows what the text asks for. */
  isSettled?: boolean;
  onChange: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(given);
  const [asked, setAsked] = useState(given);
  const [isLeaving, setLeaving] = useState(false);
  const { shortcuts } = useServices();
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

  const mayLeave = isLeaving && isSettled && text === given;
  useEffect(() => {
    if (!mayLeave) return;
    setLeaving(false);
    shortcuts.run("firstRow");
  }, [mayLeave, shortcuts]);

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
        onChange={(event) => {
          setText(event.currentTarget.value);
          setLeaving(false);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === "ArrowDown") {
            event.preventDefault();
            setLeaving(true);
            setAsked(text);
            if (text !== asked) onChange(text);
          }
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
