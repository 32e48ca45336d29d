import { expect, test } from "vitest";
import { type MirrorPlace, originOf, renamedTo } from "./mirror-place.ts";

const placeAt = (url: string): MirrorPlace => {
  return { url: new URL(url), owner: "octo", name: "widget", formerNames: [] };
};

test.each([
  ["https://github.com/octo/widget.git", "https://github.com/acme/gear.git"],
  ["https://github.com/octo/widget", "https://github.com/acme/gear"],
  ["ssh://git@git.example.com:2222/octo/widget.git", "ssh://git@git.example.com:2222/acme/gear.git"],
  ["https://github.com/Octo/Widget.git/", "https://github.com/acme/gear.git/"],
  ["https://git.example.com:8443/scm/octo/widget.git", "https://git.example.com:8443/scm/acme/gear.git"],
  [
    "https://git.example.com//elsewhere.test/octo/widget",
    "https://git.example.com//elsewhere.test/acme/gear",
  ],
  ["https://github.com/octo/widget.git.git", "https://github.com/octo/widget.git.git"],
  ["https://git.example.com/widget.git", "https://git.example.com/widget.git"],
])("of %s the URL becomes %s", (before, after) => {
  expect(renamedTo(placeAt(before), "acme/gear")).toEqual({
    url: new URL(after),
    owner: "acme",
    name: "gear",
    formerNames: ["octo/widget"],
  });
});

test.each([
  "",
  "acme",
  "acme/",
  "/gear",
  "acme/..",
  "./gear",
  "acme/gear/x",
  "acme/g ear",
  "a@b/gear",
  "acme/gear?x",
])("%j is no name to go to", (fullName) =>
  expect(renamedTo(placeAt("https://github.com/octo/widget"), fullName)).toBeUndefined(),
);

test("the ten latest names before are remembered, each once, and never the one of today", () => {
  let place = placeAt("https://github.com/octo/widget");
  for (const name of ["octo/a", "octo/b", "octo/A"]) place = renamedTo(place, name) ?? place;
  expect([place.url.pathname, place.formerNames]).toEqual(["/octo/A", ["octo/widget", "octo/b"]]);
  for (let n = 0; n < 12; n++) place = renamedTo(place, `octo/n${n}`) ?? place;
  expect(place.formerNames).toEqual(["octo/n1", ...Array.from({ length: 9 }, (_, n) => `octo/n${n + 2}`)]);
});

test("hosts are told apart by ssh too, and ports of a host", () => {
  const urls = ["https://h/a", "ssh://git@h/a", "ssh://git@h:2222/a", "ssh://git@other/a"];
  expect(urls.map((url) => originOf(new URL(url)))).toEqual([
    "https://h",
    "ssh://h",
    "ssh://h:2222",
    "ssh://other",
  ]);
});
