import { useState } from "react";

/** A choice of this browser, such as the density. What is stored and not known is the default. */
export function useStored<T extends string>(key: string, initial: T, allowed: readonly T[]) {
  const [value, setValue] = useState<T>(() => {
    const stored = read(key);
    return allowed.find((item) => item === stored) ?? initial;
  });
  const store = (next: T) => {
    setValue(next);
    write(key, next);
  };
  return [value, store] as const;
}

export function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Storage may be forbidden or full; then the choice holds for this page. */
export function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
