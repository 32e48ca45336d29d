import type { QueryClient } from "@tanstack/react-query";
import { createContext, use, useSyncExternalStore } from "react";
import type { LiveHub } from "./api/live/live-hub.ts";
import type { Session } from "./api/session.ts";
import type { Changes } from "./features/stacks/changes.ts";
import type { ShortcutRegistry } from "./keyboard/registry.ts";
import type { Store } from "./lib/store.ts";
import type { Announcer } from "./ui/announcer.ts";
import type { Ticker } from "./ui/ticker.ts";

/** What lives as long as the page does. Made once in `main.tsx`. */
export interface Services {
  queries: QueryClient;
  live: LiveHub;
  session: Session;
  ticker: Ticker;
  announcer: Announcer;
  shortcuts: ShortcutRegistry;
  changes: Changes;
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error("ServicesContext is missing");
  return services;
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Draws again only when `read` gives another value; it is asked at each tick. */
export function useTicking<T extends string | number | boolean>(read: (now: number) => T): T {
  const { ticker } = useServices();
  return useSyncExternalStore(ticker.subscribe, () => read(ticker.now()));
}
