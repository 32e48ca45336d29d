import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { acceptsGzip, JsonBytes } from "./json-answer.ts";

test.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["br, GZIP;q=0.1", true],
  ["gzip;q=0", false],
  ["gzip; q=0.000", false],
  ["*", true],
  ["*;q=0", false],
  ["gzip;q=0, *", false],
  ["identity", false],
  ["gzip;q=x", false],
  ["deflate, gzip , br", true],
  ["gzip;level=9; Q=0", false],
  ["x-gzip, gzipped", false],
  ["br;q=1, * ; q=0.5", true],
  [["br", "gzip"], true],
])("Accept-Encoding: %s takes gzip: %s", (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

test("bytes are compressed once, and small ones are not worth it", async () => {
  const large = new JsonBytes({ text: "x".repeat(2000) });
  expect(large.isWorthGzip).toBe(true);
  expect(large.gzipped()).toBe(large.gzipped());
  expect(large.readyGzip).toBeUndefined();
  expect(gunzipSync(await large.gzipped()).equals(large.plain)).toBe(true);
  expect(large.readyGzip).toBe(await large.gzipped());
  expect(new JsonBytes({}).isWorthGzip).toBe(false);
});
