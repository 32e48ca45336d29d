import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderToStaticMarkup } from "react-dom/server";
import type { SignedIn } from "stackit/contract/auth";
import { type ProblemCode, problems } from "stackit/contract/problems";
import type { ServerConfig } from "stackit/contract/repo";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Router } from "wouter";
import { ApiError } from "../api/client.ts";
import { keys } from "../api/keys.ts";
import { LiveHub } from "../api/live/live-hub.ts";
import { Session } from "../api/session.ts";
import { Changes } from "../features/stacks/changes.ts";
import { ShortcutRegistry } from "../keyboard/registry.ts";
import { ServicesContext } from "../services.ts";
import { Announcer } from "./announcer.ts";
import { ProblemBox } from "./problem-box.tsx";
import { Ticker } from "./ticker.ts";

const CODES = Object.keys(problems) as ProblemCode[];
const CONTACT = "Ask Ada in #stacks";

beforeEach(() => vi.stubGlobal("location", { pathname: "/r/acme/web", search: "" }));
afterEach(() => vi.unstubAllGlobals());

function drawn(
  code: ProblemCode | "made/up",
  { isOperator = false, retryable = true, authRequired = true } = {},
): string {
  const { title, status } = code === "made/up" ? { title: "Made up", status: 500 } : problems[code];
  const error = new ApiError(status, { title, status, code, detail: "Why.", requestId: "req-1" });
  const queries = new QueryClient();
  const config: ServerConfig = {
    readOnly: false,
    authRequired,
    singleRepo: false,
    webhooks: false,
    version: "1",
    contact: CONTACT,
  };
  queries.setQueryData<ServerConfig>(keys.config, config);
  queries.setQueryData<SignedIn>(keys.me, { id: "1", login: "mira", isOperator });
  const live = new LiveHub({ event() {}, async gap() {} });
  const services = {
    queries,
    live,
    session: new Session(queries, live.link),
    ticker: new Ticker(() => 0),
    announcer: new Announcer(),
    shortcuts: new ShortcutRegistry(),
    changes: new Changes(),
  };
  return renderToStaticMarkup(
    <QueryClientProvider client={queries}>
      <ServicesContext value={services}>
        <Router ssrPath="/r/acme/web">
          <ProblemBox error={error} what="The diff" {...(retryable && { onRetry: () => {} })} />
        </Router>
      </ServicesContext>
    </QueryClientProvider>,
  );
}

/** The words on everything that can be pressed, in order. */
function pressable(markup: string): string[] {
  return [...markup.matchAll(/<(button|a)\b[^>]*>(.*?)<\/\1>/g)].map(([, , inner = ""]) =>
    inner.replaceAll(/<[^>]+>/g, ""),
  );
}

/** What whoever is no operator can press. */
const OFFERED: readonly (readonly [buttons: readonly string[], codes: readonly ProblemCode[]])[] = [
  [
    ["Try again", "Copy details"],
    [
      "request/timeout",
      "request/rate-limited",
      "access/unverified",
      "webhook/overloaded",
      "events/too-many-streams",
      "repo/not-ready",
      "server/not-ready",
      "server/busy",
      "sync/expectation-unmet",
      "sync/timeout",
      "sync/remote-unreachable",
      "sync/remote-error",
      "sync/cancelled",
      "sync/shutting-down",
      "submit/plan-changed",
      "submit/nothing-possible",
      "submit/under-way",
      "submit/not-permitted",
      "submit/push-refused",
      "submit/pull-request-refused",
    ],
  ],
  [
    ["Try again", "Copy a message"],
    ["server/internal", "diff/unavailable"],
  ],
  [
    ["Copy a message"],
    [
      "request/unknown-host",
      "webhook/bad-signature",
      "repo/unreadable-for-server",
      "repo/configured",
      "server/read-only",
      "sync/unreadable",
      "sync/auth-failed",
      "sync/remote-not-found",
      "sync/mirror-corrupt",
      "sync/checkout-refused",
      "sync/disk-full",
      "submit/no-forge",
    ],
  ],
  [
    ["Reload the page", "Copy details"],
    [
      "request/invalid",
      "request/not-found",
      "request/method-not-allowed",
      "request/unsupported-media-type",
      "request/header-too-large",
      "request/cross-site",
    ],
  ],
  [["Sign in again", "Copy details"], ["access/sign-in-required"]],
  [["Sign in again", "Copy a message"], ["submit/no-credentials"]],
  [["Go to the repositories", "Copy a message"], ["access/not-allowed"]],
  [["Go to the repositories", "Copy details"], ["repo/not-found"]],
  [
    ["Copy details"],
    [
      "request/too-large",
      "repo/no-access",
      "branch/not-found",
      "repo/working-copy",
      "stack/not-found",
      "file/not-found",
      "file/not-image",
      "file/too-large",
      "push/not-found",
      "compare/too-large",
      "run/not-found",
      "webhook/not-found",
      "sync/held",
      "sync/rate-limited",
      "submit/trunk",
      "submit/not-found",
    ],
  ],
];

test("each code that there is offers exactly what its reader can do", () => {
  const said = Object.fromEntries(CODES.map((code) => [code, pressable(drawn(code))]));
  const wanted = Object.fromEntries(
    OFFERED.flatMap(([buttons, codes]) => codes.map((code) => [code, buttons])),
  );
  expect(said).toEqual(wanted);
});

test("each code is told in one order: what happened, why, what to do, who can mend it, and its details", () => {
  for (const code of CODES) {
    const text = drawn(code).replaceAll(/<[^>]+>/g, "\n");
    const parts = [
      `The diff could not be shown. ${problems[code].title}.`,
      "Why.",
      "What to do",
      "Who can mend it",
      "Details",
      code,
      String(problems[code].status),
      "req-1",
    ].map((part) => text.indexOf(part.replaceAll("'", "&#x27;")));
    expect(parts, code).not.toContain(-1);
    expect(parts, code).toEqual(parts.toSorted((a, b) => a - b));
  }
});

test("who runs the server is told how to mend what is theirs, everybody else whom to ask", () => {
  expect(drawn("sync/disk-full")).toContain(`Whoever runs this server: ${CONTACT}`);
  expect(drawn("sync/disk-full")).toContain("Tell whoever runs this server.");
  const forOperator = drawn("sync/disk-full", { isOperator: true });
  expect(forOperator).toContain("You, as you run this server.");
  expect(forOperator).toContain("Free some space");
  expect(pressable(forOperator)).toEqual(["Copy details"]);
});

test("a failure that this page does not know is told with what the server says of it", () => {
  const told = drawn("made/up");
  expect(told).toContain("The diff could not be shown. Made up.");
  expect(told).toContain("give the details to whoever runs this server");
  expect(pressable(told)).toEqual(["Try again", "Copy a message"]);
  expect(drawn("made/up", { isOperator: true })).toContain("log may tell why");
});

test("nothing is offered that the place cannot do", () => {
  expect(pressable(drawn("server/busy", { retryable: false }))).toEqual(["Copy details"]);
  expect(pressable(drawn("submit/no-credentials", { authRequired: false }))).toEqual(["Copy details"]);
});
