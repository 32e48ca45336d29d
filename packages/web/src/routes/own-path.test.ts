import { expect, test } from "vitest";
import { ownPath } from "./own-path.ts";

test.each(["/", "/r/acme/web/-/branch/ui?tab=commits&ws=1#L3", "/r/acme/100%25?q=%2F%2Fx"])(
  "%s is ours",
  (path) => expect(ownPath(path)).toBe(path),
);

test.each([
  null,
  "",
  "r/acme",
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "/sign-in?return=/sign-in",
  "/auth/login",
  "/a/../auth/login",
])("%s leads to the start", (path) => expect(ownPath(path)).toBe("/"));
