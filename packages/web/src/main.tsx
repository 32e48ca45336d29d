import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client.ts";
import { LiveHub } from "./api/live/live-hub.ts";
import { receiveInto } from "./api/receive.ts";
import { Session } from "./api/session.ts";
import { App } from "./app.tsx";
import { Changes } from "./features/stacks/changes.ts";
import { ShortcutRegistry } from "./keyboard/registry.ts";
import { askAhead, untilWorthDrawing } from "./routes/ask-ahead.ts";
import { parseLocation } from "./routes/location.ts";
import { type Services, ServicesContext } from "./services.ts";
import "./styles/index.css";
import { Announcer } from "./ui/announcer.ts";
import { Ticker } from "./ui/ticker.ts";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Only what will change by itself is asked for again; the rest waits for an event, a reconnect or a person.
      retry: (_, error) => error instanceof ApiError && error.code === "repo/not-ready",
      retryDelay: 1000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
    },
  },
});

const live = new LiveHub(receiveInto(queries));
const session = new Session(queries, live.link);
const shortcuts = new ShortcutRegistry();
const services: Services = {
  queries,
  live,
  session,
  ticker: new Ticker(() => live.clockOffsetMs),
  announcer: new Announcer(),
  shortcuts,
  changes: new Changes(),
};

document.addEventListener("keydown", shortcuts.handle);
session.start();

// What is there at once is drawn once, without a skeleton before it. Not awaited here: no part of the page may wait for this module.
const ahead = askAhead(queries, parseLocation(location.pathname, location.search, location.hash));
void untilWorthDrawing(ahead).then(draw);

function draw(): void {
  live.start();
  const root = document.getElementById("root");
  if (!root) throw new Error("#root is missing");
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <ServicesContext value={services}>
          <App />
        </ServicesContext>
      </QueryClientProvider>
    </StrictMode>,
  );
}
