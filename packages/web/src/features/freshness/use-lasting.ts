import { useEffect, useState } from "react";

/** The value once it has lasted for `ms`; undefined at once. What is over in a blink is not worth a flicker. */
export function useLasting<T>(value: T | undefined, ms: number): T | undefined {
  const [lasting, setLasting] = useState<T>();
  useEffect(() => {
    const timer = setTimeout(() => setLasting(value), value === undefined ? 0 : ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return value === undefined ? undefined : lasting;
}
