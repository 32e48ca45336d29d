import type { Branch } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack } from "../../testing/made-up.ts";
import { quoted, restackCommand } from "./restack-command.ts";

const moved = { state: "parent-moved", reason: "Its parent moved.", recorded: "c0ffee".repeat(7) } as const;

function commandFor(given: Partial<Branch>, above: Branch[] = []): string {
  const made = branch("b", { parent: "a", restack: moved, ...given });
  return restackCommand(made, stack("a", [branch("a"), made, ...above]), "main");
}

test("the tool whose word on the parent is followed restacks it", () => {
  const edge = { sources: [], agreed: true };
  expect(commandFor({ edge: { ...edge, believed: "git-spice" } })).toBe("git switch b && gs upstack restack");
  expect(commandFor({ edge: { ...edge, believed: "pr-base" } })).toMatch(/^git rebase /);
});

test("plain git moves only what is new, and takes the branches along that stand on it", () => {
  expect(commandFor({})).toBe("git rebase --onto a c0ffeec0ffee b");
  const child = branch("c", { parent: "b" });
  expect(commandFor({}, [child])).toBe("git rebase --update-refs --onto a c0ffeec0ffee c");
  expect(commandFor({}, [child, branch("d", { parent: "b" })])).toBe("git rebase --onto a c0ffeec0ffee b");
  expect(commandFor({}, [branch("c", { parent: "b", restack: moved })])).toBe(
    "git rebase --onto a c0ffeec0ffee b",
  );
});

test("without a record git finds by itself what is new", () => {
  expect(commandFor({ restack: { state: "diverged", reason: "" } })).toBe("git rebase a b");
});

test("a name is one word to a shell, whatever is in it", () => {
  expect(quoted("mira/checkout-1")).toBe("mira/checkout-1");
  expect(quoted("a$(rm -rf ~)'b")).toBe(`'a$(rm -rf ~)'\\''b'`);
});
