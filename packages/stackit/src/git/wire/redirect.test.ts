import { expect, test } from "vitest";
import { redirectedBase } from "./redirect.ts";

const base = "https://git.example.com/octo/widget.git";
const suffix = "/info/refs?service=git-upload-pack";
const follow = (location: string) => redirectedBase(base, { status: 301, location }, suffix);

test.each([
  [`https://git.example.com/octo/gadget.git${suffix}`, "https://git.example.com/octo/gadget.git"],
  [`https://git.example.com:443/octo/gadget${suffix}`, "https://git.example.com/octo/gadget"],
  [`/octo/gadget.git${suffix}`, "https://git.example.com/octo/gadget.git"],
  [`//git.example.com/gadget${suffix}`, "https://git.example.com/gadget"],
])("%s leads to another repository of the same origin", (location, target) => {
  expect(follow(location)).toBe(target);
});

test.each([
  `https://elsewhere.example.com/octo/widget.git${suffix}`,
  `http://git.example.com/octo/widget.git${suffix}`,
  `https://git.example.com:8443/octo/widget.git${suffix}`,
  `//elsewhere.example.com/octo/widget.git${suffix}`,
  `https://octo:secret@git.example.com/octo/widget.git${suffix}`,
  "https://git.example.com/login",
  "https://git.example.com/octo/widget.git/info/refs?service=git-receive-pack",
  `https://git.example.com/octo/widget.git${suffix}#top`,
  suffix,
  "https://[",
])("%s is not followed", (location) => {
  expect(follow(location)).toBeUndefined();
});
