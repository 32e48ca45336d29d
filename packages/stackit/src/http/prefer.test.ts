import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePrefer } from "./prefer.ts";

test.each([
  [undefined, { respondAsync: false, minimal: false }],
  ["respond-async", { respondAsync: true, minimal: false }],
  ["Respond-Async, WAIT=10", { respondAsync: true, minimal: false, waitSec: 10 }],
  ["return=minimal", { respondAsync: false, minimal: true }],
  ['return="minimal"; foo=bar', { respondAsync: false, minimal: true }],
  ["return=representation, return=minimal", { respondAsync: false, minimal: false }],
  [["wait = 3", "respond-async"], { respondAsync: true, minimal: false, waitSec: 3 }],
  ["wait=-1", { respondAsync: false, minimal: false }],
  ["wait=soon", { respondAsync: false, minimal: false }],
  ["wait=99999999999", { respondAsync: false, minimal: false }],
  [",,;=;,", { respondAsync: false, minimal: false }],
])("Prefer: %j", (header, expected) => {
  expect(parsePrefer(header)).toEqual(expected);
});

test("no header makes it fail", () => {
  fc.assert(fc.property(fc.string(), (header) => void parsePrefer(header)));
});
