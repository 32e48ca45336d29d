import fc from "fast-check";
import { expect, test } from "vitest";
import { ownPath } from "./sign-in.ts";

const SITE = "https://stacks.example.com";

test("a sign-in leads back to the page that was wanted", () => {
  for (const path of ["/", "/r/acme/shop", "/r/local/ours?q=1#top", "/authors", "/a/%2e%2e%2fb"]) {
    expect(ownPath(path)).toBe(path);
  }
  expect(ownPath(undefined)).toBe("/");
});

test.for([
  "//evil.example",
  "/\\evil.example",
  "/..//evil.example",
  "/.//evil.example",
  "/%2e//evil.example",
  "/%2E%2e/\\evil.example",
  "/a/..//evil.example",
  "/\t/evil.example",
  "/\n\\evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "evil.example",
  "",
  "/auth/login",
  "/x/../auth/login?return=%2F",
  "/%61uth/login",
  "/auth",
  "/auth%2flogin",
  "/%zz",
])("a sign-in does not lead to %j", (path) => {
  expect(ownPath(path)).toBe("/");
});

test("whatever is asked for, a sign-in stays on this site and does not begin again", () => {
  const part = fc.constantFrom(
    "evil.example",
    "/",
    "\\",
    ".",
    "..",
    "%2e",
    "%2f",
    "%5c",
    "\t",
    "\n",
    "@",
    ":",
    "?",
    "#",
    "auth",
  );
  const path = fc.array(fc.oneof({ weight: 4, arbitrary: part }, fc.string({ maxLength: 3 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(path, (parts) => {
      const led = new URL(ownPath(`/${parts.join("")}`), SITE);
      expect(led.origin).toBe(SITE);
      expect(led.username).toBe("");
      expect(led.pathname).not.toMatch(/^\/auth(\/|$)/);
    }),
    { numRuns: 2_000 },
  );
});
