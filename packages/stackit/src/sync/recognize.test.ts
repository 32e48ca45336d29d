import { expect, test } from "vitest";
import { type KnownNames, type NamedRepo, recognize } from "./recognize.ts";

const ORIGIN = "https://github.com";
const ours = (more: Partial<KnownNames> = {}): KnownNames => {
  return { origin: ORIGIN, fullName: "octo/widget", formerNames: [], forgeRepoId: 7, ...more };
};
const named = (fullName: string, forgeRepoId?: number, origins = [ORIGIN]): NamedRepo => {
  return { fullName, ...(forgeRepoId !== undefined && { forgeRepoId }), origins };
};

test.each([
  ["by its number, whatever its name", ours(), named("new/name", 7), "this"],
  ["by its name while no number is known", ours({ forgeRepoId: undefined }), named("Octo/WIDGET", 9), "this"],
  ["by its name when none is given", ours(), named("octo/widget"), "this"],
  ["by neither", ours(), named("octo/other", 9), "another"],
  [
    "not by a former name without a number",
    ours({ formerNames: ["octo/old"] }),
    named("octo/old"),
    "another",
  ],
  ["never with the number of another", ours(), named("octo/widget", 9), "impostor"],
  ["never by a name that it gave up", ours({ formerNames: ["octo/old"] }), named("Octo/Old", 9), "impostor"],
  ["with another number once it was deleted", ours({ deletedAtMs: 1 }), named("octo/widget", 9), "this"],
  ["not on another forge", ours(), named("octo/widget", 7, ["https://git.example.com"]), "another"],
  ["not on another port", ours(), named("octo/widget", 7, [`${ORIGIN}:8443`]), "another"],
  ["when no address is given", ours(), named("octo/widget", 7, []), "this"],
  ["by one address of several", ours(), named("octo/widget", 7, ["http://github.com", ORIGIN]), "this"],
  ["by ssh on the same host", ours({ origin: "ssh://github.com:2222" }), named("octo/widget", 7), "this"],
  ["not by ssh on another host", ours({ origin: "ssh://gitlab.com" }), named("octo/widget", 7), "another"],
  [
    "nothing without a name",
    ours({ fullName: "", forgeRepoId: undefined }),
    named("octo/widget", 9),
    "another",
  ],
] as const)("a repository is recognized %s", (_, known, message, expected) => {
  expect(recognize(known, message)).toBe(expected);
});
