import { expect, test } from "vitest";
import { toldParts } from "./told-parts.ts";

test("code and the times at which something was read are told apart from words", () => {
  const at = "2026-01-05T10:00:00Z";
  expect(toldParts(`It is shown as it was read at ${at} or later. Try \`git fsck\`.`)).toEqual([
    { kind: "text", text: "It is shown as it was read " },
    { kind: "instant", text: at },
    { kind: "text", text: " or later. Try " },
    { kind: "code", text: "git fsck" },
    { kind: "text", text: "." },
  ]);
});

test("other times stay as they are, and so does code that looks like one", () => {
  for (const text of ["Asked again at 2026-01-05T10:00:00Z.", "It was read at noon."])
    expect(toldParts(text)).toEqual([{ kind: "text", text }]);
  expect(toldParts("`read at 2026-01-05T10:00:00Z`")).toEqual([
    { kind: "code", text: "read at 2026-01-05T10:00:00Z" },
  ]);
});
