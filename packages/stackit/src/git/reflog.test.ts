import { expect, test } from "vitest";
import { parseOwnTips } from "./reflog.ts";

const oid = (digit: string): string => digit.repeat(40);
const entry = (to: string, message: string): string =>
  `${oid("0")} ${oid(to)} Ada <ada@example.com> 1700000000 +0000\t${message}`;

test("work on the branch counts, newest first, and each commit once", () => {
  const log = [
    entry("1", "branch: Created from main"),
    entry("2", "commit: Add it"),
    entry("3", "commit (amend): Add it"),
    entry("4", "rebase (finish): refs/heads/api onto 1234"),
    entry("5", "cherry-pick: Take it"),
    entry("6", "am: Apply it"),
    entry("7", 'revert: Revert "Add it"'),
    entry("8", "pull --rebase origin main (finish): refs/heads/api onto 1234"),
    entry("2", "commit: Add it again"),
  ];
  expect(parseOwnTips(`${log.join("\n")}\n`)).toEqual(["2", "8", "7", "6", "5", "4", "3"].map(oid));
});

test("what only points the branch somewhere does not", () => {
  const log = [
    entry("1", "branch: Created from HEAD"),
    entry("2", "reset: moving to main"),
    entry("3", "merge main: Fast-forward"),
    entry("4", "pull: Fast-forward"),
    entry("5", "fetch origin: forced-update"),
    entry("6", "commitment: no such entry"),
    entry("7", ""),
  ];
  expect(parseOwnTips(log.join("\n"))).toEqual([]);
});

test("a line that was cut, or is no entry, is passed over", () => {
  expect(
    parseOwnTips(`${entry("1", "commit: x").slice(45)}\nnonsense\n\n${entry("2", "commit: y")}`),
  ).toEqual([oid("2")]);
});
