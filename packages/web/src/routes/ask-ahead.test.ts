import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { keys } from "../api/keys.ts";
import { repository } from "../testing/made-up.ts";
import { askAhead } from "./ask-ahead.ts";
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
