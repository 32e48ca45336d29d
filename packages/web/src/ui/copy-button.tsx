import { useEffect, useState } from "react";
import { useServices } from "../services.ts";
import { Button } from "./button.tsx";
import { Sign } from "./glyphs.tsx";

export function CopyButton({ text, what, label }: { text: string; what: string; label?: string }) {
  const { announcer } = useServices();
  const [outcome, setOutcome] = useState<"copied" | "refused">();

  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(undefined), 1500);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
      announcer.say("Copied");
    } catch {
      setOutcome("refused");
      announcer.say("The browser does not allow copying here");
    }
  }

  const sign = outcome === "copied" ? "ok" : outcome === "refused" ? "failing" : "copy";
  return (
    <Button
      look="quiet"
      size="small"
      title={`Copy ${what}`}
      aria-label={`Copy ${what}`}
      onClick={() => void copy()}
    >
      <Sign name={sign} />
      {label}
    </Button>
  );
}
