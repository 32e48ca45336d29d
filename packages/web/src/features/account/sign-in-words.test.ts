import { expect, test } from "vitest";
import { obstacle, signInNote } from "./sign-in-words.ts";

const FINE = { isSecure: true, keepsCookies: true, contact: undefined };

test("whoever cannot be signed in from here is told why, the cookies first", () => {
  expect(obstacle(FINE)).toBeUndefined();
  expect(obstacle({ ...FINE, isSecure: false })?.title).toBe("This connection is not encrypted.");
  expect(obstacle({ ...FINE, isSecure: false, keepsCookies: false })?.title).toBe(
    "This browser keeps no cookies.",
  );
});

test("what happened in this page comes before what the address says, and each leads on by its own words", () => {
  const refused = { refused: "not-allowed", login: "mira" } as const;
  expect(signInNote("ended", refused, FINE)).toMatchObject({ action: "Sign in again" });
  const denied = signInNote("missing", refused, { contact: "Ask Ada" });
  expect(denied).toMatchObject({
    title: "mira is not on the list of this server.",
    contact: "Ask Ada",
    account: "other",
  });
  expect(signInNote("missing", { refused: "expired", login: undefined }, FINE)?.account).toBeUndefined();
  expect(signInNote("missing", undefined, FINE)).toBeUndefined();
});
