import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Vault } from "./vault.ts";

const [old, young] = [randomBytes(32), randomBytes(32)];

test("what was sealed opens in its place, and nothing of it shows", () => {
  const vault = new Vault([young]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), (secret, place) => {
      expect(vault.open(vault.seal(secret, place), place)).toBe(secret);
      expect(vault.open(vault.seal(secret, place), `${place}'`)).toBeUndefined();
    }),
  );
  const sealed = vault.seal("a token that nobody may read", "token of one");
  expect(Buffer.from(sealed, "base64url").includes("token")).toBe(false);
  expect(vault.seal("the same", "x")).not.toBe(vault.seal("the same", "x"));
});

test("a key that was put in front seals from then on, and the one before still opens", () => {
  const before = new Vault([old]).seal("kept", "x");
  const both = new Vault([young, old]);
  expect(both.open(before, "x")).toBe("kept");
  expect(both.isOld(before)).toBe(true);
  const after = both.seal("kept", "x");
  expect(both.isOld(after)).toBe(false);
  expect(new Vault([young]).open(after, "x")).toBe("kept");
  expect(new Vault([young]).open(before, "x")).toBeUndefined();
});

test("whatever was changed, cut or made up does not open", () => {
  const vault = new Vault([young]);
  const bytes = Buffer.from(vault.seal("secret", "x"), "base64url");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(vault.open(changed.toString("base64url"), "x")).toBeUndefined();
    expect(vault.open(bytes.subarray(0, at).toString("base64url"), "x")).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => vault.open(text, "x") === undefined));
});

test.each([[[]], [[randomBytes(31)]], [[young, randomBytes(33)]]])(
  "keys of another length are refused",
  (keys) => {
    expect(() => new Vault(keys)).toThrow(/32 bytes/);
  },
);
