import { useState } from "react";
import { Sign } from "../../ui/glyphs.tsx";
import { Segments } from "../../ui/segments.tsx";
import { applyTheme, currentTheme, type Theme } from "./theme.ts";

const choices = [
  { value: "system", label: <ThemeLabel sign="system" name="System theme" />, title: "As the system" },
  { value: "light", label: <ThemeLabel sign="sun" name="Light theme" />, title: "Light" },
  { value: "dark", label: <ThemeLabel sign="moon" name="Dark theme" />, title: "Dark" },
] as const;

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  return (
    <Segments
      name="Theme"
      value={theme}
      choices={choices}
      onChoose={(chosen) => {
        applyTheme(chosen);
        setTheme(chosen);
      }}
    />
  );
}

function ThemeLabel({ sign, name }: { sign: "system" | "sun" | "moon"; name: string }) {
  return (
    <>
      <Sign name={sign} />
      <span className="vh">{name}</span>
    </>
  );
}
