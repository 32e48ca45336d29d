import { sign } from "@octokit/webhooks-methods";
import { expect, test } from "vitest";
import { isSignedBy, parseSignature } from "./webhook-signature.ts";

/** From GitHub's documentation. */
const SECRET = "It's a Secret to Everybody";
const BODY = Buffer.from("Hello, World!");
const SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

function isSigned(secrets: readonly string[], body: Buffer, header: string): boolean {
  const signature = parseSignature(header);
  return signature !== undefined && isSignedBy(secrets, body, signature);
}

test("the example of GitHub's documentation is signed, and by no other secret, body or signature", () => {
  expect(isSigned([SECRET], BODY, SIGNATURE)).toBe(true);
  expect(isSigned([SECRET.toLowerCase()], BODY, SIGNATURE)).toBe(false);
  expect(isSigned([SECRET], Buffer.from("Hello, World"), SIGNATURE)).toBe(false);
  expect(isSigned([SECRET], BODY, SIGNATURE.replace("7571", "7572"))).toBe(false);
});

test("any of several secrets may have signed it, and without one nobody has", () => {
  expect(isSigned(["new", SECRET], BODY, SIGNATURE)).toBe(true);
  expect(isSigned([SECRET, "new"], BODY, SIGNATURE)).toBe(true);
  expect(isSigned(["new", "newer"], BODY, SIGNATURE)).toBe(false);
  expect(isSigned([], BODY, SIGNATURE)).toBe(false);
});

test("how long a comparison takes tells nothing: all secrets are tried, and bytes of one length alone compared (B71)", () => {
  let tried = 0;
  const secrets = Object.defineProperty([SECRET, ""], 1, {
    get: () => {
      tried++;
      return "newer";
    },
  });
  expect(isSigned(secrets, BODY, SIGNATURE)).toBe(true);
  expect(tried).toBe(1);
  // Only a comparison in equal time refuses this; any other would say no.
  expect(() => isSignedBy([SECRET], BODY, Buffer.alloc(31))).toThrow("same byte length");
});

test.each(["é".repeat(1000), '{"a":"🎉"}', "\ufeff{}", "\0"])(
  "GitHub's own library signs %j alike",
  async (text) => {
    expect(isSigned(["sécret"], Buffer.from(text), await sign("sécret", text))).toBe(true);
  },
);

test("bytes that are no text have a signature too", () => {
  const signature = "sha256=996de587a6135d95b7cd0ad65f0f2042def444a907b8d64df76469a014430794";
  expect(isSigned([SECRET], Buffer.from([0xff, 0xfe, 0x80]), signature)).toBe(true);
  expect(isSigned([SECRET], Buffer.from([0xff, 0xfd, 0x80]), signature)).toBe(false);
});

test.each([
  undefined,
  "",
  "sha256=",
  SIGNATURE.slice(0, -1),
  `${SIGNATURE}0`,
  SIGNATURE.replace("sha256", "sha1"),
  SIGNATURE.slice("sha256=".length),
  SIGNATURE.replace("757", "75g"),
  `${SIGNATURE}, ${SIGNATURE}`,
  ` ${SIGNATURE}`,
])("%j has not the form of a signature", (header) => {
  expect(parseSignature(header)).toBeUndefined();
});
