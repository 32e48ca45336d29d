import { expect, test } from "vitest";
import { ApiError } from "../../api/client.ts";
import { refusalWords, seenWarning, seenWords } from "./add-words.ts";

test("what was seen is told, and what stands in the way of stacks", () => {
  expect(seenWords({ trunk: "main", branches: 214 }).join(" · ")).toBe(
    "Reachable · trunk main · 214 branches",
  );
  expect(seenWords({})).toEqual(["Reachable"]);
  expect(seenWarning({ trunk: "main", branches: 1 })).toBeUndefined();
  expect(seenWarning({})).toBeUndefined();
  expect(seenWarning({ branches: 0 })).toMatch(/no branches yet/);
  expect(seenWarning({ branches: 2 })).toMatch(/Choose a default branch/);
});

test("a refusal is told as the server says it", () => {
  const problem = (code: string, detail: string) => new ApiError(400, { code, detail });
  expect(refusalWords(problem("request/invalid", "url begins with ftp:; it must be another."))).toBe(
    "It begins with ftp:; it must be another.",
  );
  expect(refusalWords(problem("repo/no-access", "There is no such repository."))).toMatch(
    /^There is no such repository\. Check owner and name\./,
  );
  expect(refusalWords(problem("sync/remote-unreachable", "Nobody listens there."))).toBe(
    "Nobody listens there.",
  );
  expect(refusalWords(new TypeError("x is undefined"))).toBe("Something failed in this page.");
});
