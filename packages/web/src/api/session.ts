import type { QueryClient } from "@tanstack/react-query";
import { Store } from "../lib/store.ts";
import { ApiError, request } from "./client.ts";
import { keys } from "./keys.ts";
import type { Link } from "./live/link.ts";
import { paths } from "./paths.ts";

/**
 * - `open`: the server has not said that somebody has to sign in.
 * - `missing`: nobody is signed in. `ended`: somebody was, and not any more. `left`, `left-everywhere`: by a button of this page.
 */
export type SessionState = "open" | "missing" | "ended" | "left" | "left-everywhere";

/**
 * Whether this browser may see what is served. Once the server says that it may not, what is known of it is forgotten and
 * nothing is shown again: whoever signs in, in this tab or another, gets a page of their own.
 */
export class Session {
  readonly state = new Store<SessionState>("open");
  readonly #queries: QueryClient;
  readonly #link: Store<Link>;
  /** How it ends by a button of this page, from the press on: a stream may be refused before the answer comes. */
  #leaving: "left" | "left-everywhere" | undefined;

  constructor(queries: QueryClient, link: Store<Link>) {
    this.#queries = queries;
    this.#link = link;
  }

  start(): void {
    this.#queries.getQueryCache().subscribe(({ query, type }) => {
      // Who is signed in is asked of no list: it is no refusal that there is nobody, or that it cannot be said now.
      if (type === "updated" && query.queryKey[0] !== keys.account[0]) this.hear(query.state.error);
    });
    this.#link.subscribe(() => {
      const { phase, failure } = this.#link.get();
      if (phase === "waiting" && failure?.kind === "signed-out") this.#refused();
      if (phase === "catching-up" && this.state.get() !== "open") location.reload();
    });
  }

  /** Takes note when `error` says that nobody is signed in. */
  hear(error: unknown): void {
    if (error instanceof ApiError && error.code === "access/sign-in-required") this.#refused();
  }

  /** @throws {ApiError} */
  async leave(where: "here" | "everywhere"): Promise<void> {
    const left = where === "here" ? "left" : "left-everywhere";
    this.#leaving = left;
    try {
      await request(paths.signOut(where), { method: "POST" });
    } catch (error) {
      this.#leaving = undefined;
      throw error;
    }
    this.#close(left);
  }

  #refused(): void {
    const wasSeen = this.#queries.getQueryData(keys.repos) !== undefined;
    this.#close(this.#leaving ?? (wasSeen ? "ended" : "missing"));
  }

  #close(state: SessionState): void {
    if (this.state.get() !== "open") return;
    this.state.set(state);
    this.#queries.clear();
  }
}
