import { expect, test } from "vitest";
import { askedFor } from "./asked-for.ts";

test.for([
  [" octo/widget ", { owner: "octo", name: "widget" }],
  ["octo/widget.js.git", { owner: "octo", name: "widget.js.git" }],
  ["github.com/octo/widget", { url: "https://github.com/octo/widget" }],
  ["git.example.com:8443/team/tools.git", { url: "https://git.example.com:8443/team/tools.git" }],
  ["https://github.com/octo/widget", { url: "https://github.com/octo/widget" }],
  ["git@github.com:octo/widget.git", { url: "git@github.com:octo/widget.git" }],
  ["ftp://example.com/widget", { url: "ftp://example.com/widget" }],
  ["", undefined],
  ["widget", undefined],
  ["octo/..", undefined],
  ["my widget", undefined],
  ["octo/widget/tree", undefined],
] as const)("%j is asked for as %j", ([typed, asked]) => {
  expect(askedFor(typed)).toEqual(asked);
});
