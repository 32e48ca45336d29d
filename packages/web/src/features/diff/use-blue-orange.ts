import { useEffect } from "react";
import { useStored } from "../../ui/use-stored.ts";

/** Also read by `theme.js`, before the first paint. */
const STORAGE_KEY = "stackit.cvd";

/** Whether added and deleted lines are blue and orange instead of green and red, in this browser. */
export function useBlueOrange(): readonly [on: boolean, set: (on: boolean) => void] {
  const [value, store] = useStored(STORAGE_KEY, "off", ["on", "off"]);
  useEffect(() => {
    if (value === "on") document.documentElement.dataset.cvd = "on";
    else delete document.documentElement.dataset.cvd;
  }, [value]);
  return [value === "on", (on) => store(on ? "on" : "off")];
}
