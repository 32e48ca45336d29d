import { expect, test } from "vitest";
import { isCrossSite } from "./cross-site.ts";

const host = "127.0.0.1:8080";

test("a program, which says nothing, passes", () => {
  expect(isCrossSite({ host })).toBe(false);
});

test.each(["same-origin", "none"])("a request that the browser calls %s passes", (secFetchSite) => {
  expect(isCrossSite({ host, secFetchSite })).toBe(false);
});

test.each(["cross-site", "same-site", "", "Same-Origin"])(
  "a request that the browser calls %j is refused, whatever its origin",
  (secFetchSite) => {
    expect(isCrossSite({ host, secFetchSite, origin: `http://${host}` })).toBe(true);
  },
);

test.each([
  ["http://127.0.0.1:8080", false],
  ["https://127.0.0.1:8080", false],
  ["http://127.0.0.1:8081", true],
  ["http://127.0.0.1", true],
  ["http://localhost:8080", true],
  ["http://evil.example", true],
  ["null", true],
  ["", true],
  ["chrome-extension://127.0.0.1:8080", true],
  ["http://127.0.0.1:8080, http://evil.example", true],
])("an origin of %s is another site: %s", (origin, expected) => {
  expect(isCrossSite({ host, origin })).toBe(expected);
});

test("a default port may be left out on either side", () => {
  expect(isCrossSite({ host: "stacks.example.com", origin: "https://stacks.example.com:443" })).toBe(false);
  expect(isCrossSite({ host: "stacks.example.com:80", origin: "http://stacks.example.com" })).toBe(false);
});

test("the base URL's origin is ours even when a proxy rewrote the host", () => {
  const baseUrl = new URL("https://stacks.example.com/app");
  expect(isCrossSite({ host, origin: "https://stacks.example.com" }, baseUrl)).toBe(false);
  expect(isCrossSite({ host, origin: "http://stacks.example.com" }, baseUrl)).toBe(true);
});

test("the base URL's name over another protocol is another site, also when a proxy passes the host on", () => {
  const baseUrl = new URL("https://stacks.example.com");
  const passedOn = { host: "stacks.example.com" };
  expect(isCrossSite({ ...passedOn, origin: "https://stacks.example.com" }, baseUrl)).toBe(false);
  expect(isCrossSite({ ...passedOn, origin: "http://stacks.example.com" }, baseUrl)).toBe(true);
});
