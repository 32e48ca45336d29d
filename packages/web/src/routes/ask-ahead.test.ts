import { QueryClient } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import { keys } from "../api/keys.ts";
import { repository } from "../testing/made-up.ts";
import { askAhead, untilWorthDrawing } from "./ask-ahead.ts";
import { parseLocation } from "./location.ts";

/** What is known or failed afterwards: here, nobody answers. */
async function askedFor(path: string): Promise<unknown[]> {
  const queries = new QueryClient({ defaultOptions: { queries: { networkMode: "always", retry: false } } });
  queries.setQueryDefaults(keys.repos, { staleTime: Number.POSITIVE_INFINITY });
  queries.setQueryData(keys.repos, [repository("shop"), repository("other")]);
  await askAhead(queries, parseLocation(path, "", ""));
  const asked = queries.getQueryCache().findAll({ predicate: ({ state }) => state.status === "error" });
  return asked.map(({ queryKey }) => queryKey);
}

test("what a repository's page shows is asked for without the page", async () => {
  const asked = [keys.config, keys.status("shop"), keys.view("shop")];
  expect(await askedFor("/r/acme/shop")).toEqual(asked);
  expect(await askedFor("/r/acme/shop/-/branch/api")).toEqual(asked);
});

test("a page of no repository, and one of none that is known, ask for none", async () => {
  for (const path of ["/", "/activity", "/r/acme/unknown"])
    expect(await askedFor(path)).toEqual([keys.config]);
});

describe("the first drawing", () => {
  const soon = { onItsWayMs: 1, toBeReadMs: 5 };
  const never = new Promise<void>(() => {});

  test("waits a little for what is on its way", async () => {
    await untilWorthDrawing(never, () => false, { onItsWayMs: 1, toBeReadMs: 2 ** 31 - 1 });
  });

  test("waits longer for what has come and is to be read, and not for ever", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isDrawn = false;
    const drawn = untilWorthDrawing(promise, () => true, { onItsWayMs: 1, toBeReadMs: 2 ** 31 - 1 }).then(
      () => {
        isDrawn = true;
      },
    );
    await new Promise((later) => setTimeout(later, 20));
    expect(isDrawn).toBe(false);
    resolve();
    await drawn;
    await untilWorthDrawing(never, () => true, soon);
  });
});
