import { type ComponentType, createElement, lazy } from "react";

/** The code of a part did not come. */
export class PartNotLoaded extends Error {
  /** The part is asked for anew when it is drawn next. */
  readonly forget: () => void;

  constructor(forget: () => void, cause: unknown) {
    super("A piece of this page did not come from the server.", { cause });
    this.name = "PartNotLoaded";
    this.forget = forget;
  }
}

/** A part of the page whose code is loaded when it is first drawn; draw it within a `Suspense` and an `ErrorBoundary`. */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let part = begin();
  function begin() {
    return lazy(async () => {
      try {
        return { default: await load() };
      } catch (cause) {
        throw new PartNotLoaded(() => {
          part = begin();
        }, cause);
      }
    });
  }
  return (props: P) => createElement<P>(part, props);
}
