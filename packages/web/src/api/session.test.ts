import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { Store } from "../lib/store.ts";
import { ApiError } from "./client.ts";
import { keys } from "./keys.ts";
import { advance, firstLink } from "./live/link.ts";
import { Session } from "./session.ts";

const unsigned = new ApiError(401, { code: "access/sign-in-required" });

afterEach(() => {
  vi.unstubAllGlobals();
});

function begun() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const link = new Store(firstLink(0, true));
  const session = new Session(queries, link);
  session.start();
  const ask = (queryKey: readonly string[], error: Error) =>
    queries.fetchQuery({ queryKey, queryFn: () => Promise.reject(error) }).catch(() => {});
  const loseStream = () =>
    link.set(advance(link.get(), { type: "failed", failure: { kind: "signed-out" }, delayMs: 1 }, 1));
  return { queries, link, session, ask, loseStream };
}

test("a refused request says that nobody is signed in, and other failures do not", async () => {
  const { session, ask } = begun();
  await ask(keys.repos, new ApiError(403, { code: "access/not-allowed" }));
  await ask(keys.me, unsigned);
  await ask(keys.sessions, unsigned);
  expect(session.state.get()).toBe("open");
  await ask(keys.repos, unsigned);
  expect(session.state.get()).toBe("missing");
});

test("a refused stream ends a session that showed something, and nothing of it is kept", () => {
  const { session, queries, loseStream } = begun();
  queries.setQueryData(keys.repos, [{ id: "shop" }]);
  queries.setQueryData(keys.diff("shop", "api"), { patch: "secret" });
  queries.setQueryData(keys.me, { login: "ada" });
  loseStream();
  expect(session.state.get()).toBe("ended");
  expect(queries.getQueryCache().getAll()).toEqual([]);
});

test("while the stream is asked for once more, an old refusal of it is none", () => {
  const { link, session } = begun();
  const refused = advance(link.get(), { type: "failed", failure: { kind: "signed-out" }, delayMs: 1 }, 1);
  link.set(advance(refused, { type: "opening" }, 2));
  expect(session.state.get()).toBe("open");
});

test("how a session ended first is how it ended", () => {
  const { session, queries, loseStream } = begun();
  loseStream();
  queries.setQueryData(keys.repos, []);
  session.hear(unsigned);
  expect(session.state.get()).toBe("missing");
});

test("a stream that is refused before the sign-out is answered belongs to it", async () => {
  const { session, queries, loseStream } = begun();
  queries.setQueryData(keys.repos, []);
  const answer = Promise.withResolvers<Response>();
  vi.stubGlobal("fetch", () => answer.promise);
  const left = session.leave("everywhere");
  loseStream();
  expect(session.state.get()).toBe("left-everywhere");
  answer.resolve(new Response(null, { status: 204 }));
  await left;
  expect(session.state.get()).toBe("left-everywhere");
});

test("a sign-out that failed is no reason for what ends later", async () => {
  const { session, queries, loseStream } = begun();
  queries.setQueryData(keys.repos, []);
  vi.stubGlobal("fetch", async () => Response.json({ code: "server/busy" }, { status: 503 }));
  await expect(session.leave("here")).rejects.toThrow(ApiError);
  loseStream();
  expect(session.state.get()).toBe("ended");
});
