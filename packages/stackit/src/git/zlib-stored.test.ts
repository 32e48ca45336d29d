import { randomBytes } from "node:crypto";
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { MAX_STORED_BYTES, zlibStored } from "./zlib-stored.ts";

test.each([0, 1, 250, 3800, 3801, MAX_STORED_BYTES])(
  "%i bytes are read as they were by who inflates",
  (size) => {
    for (const content of [randomBytes(size), Buffer.alloc(size, 0xff)]) {
      expect(inflateSync(zlibStored(content)).equals(content)).toBe(true);
    }
  },
);

test("more than a block holds is refused", () => {
  expect(() => zlibStored(Buffer.alloc(MAX_STORED_BYTES + 1))).toThrow(RangeError);
});
