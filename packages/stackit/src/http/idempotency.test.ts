import { expect, test } from "vitest";
import { IdempotentRequests } from "./idempotency.ts";

function requestsAt() {
  const time = { ms: 0 };
  let begun = 0;
  const requests = new IdempotentRequests<number>({ now: () => time.ms });
  const once = (key: string | undefined, scope = "repo", content = "") =>
    requests.once(scope, key, content, () => ++begun);
  return { time, once };
}

test("a key begins once, another key, another scope and no key begin anew", () => {
  const { once } = requestsAt();
  expect([once("a"), once("a"), once("b"), once("a", "other"), once(undefined), once(undefined)]).toEqual([
    1, 1, 2, 3, 4, 5,
  ]);
});

test("a key is forgotten after ten minutes", () => {
  const { once, time } = requestsAt();
  once("a");
  time.ms = 10 * 60_000 - 1;
  expect(once("a")).toBe(1);
  time.ms = 10 * 60_000;
  expect(once("a")).toBe(2);
});

test("of more than a thousand keys the oldest is forgotten", () => {
  const { once } = requestsAt();
  for (let key = 1; key <= 1001; key += 1) once(String(key));
  expect(once("1001")).toBe(1001);
  expect(once("1")).toBe(1002);
});

test("a key with another body, an empty one and one of 256 characters are refused", () => {
  const { once } = requestsAt();
  once("a", "repo", "{}");
  expect(() => once("a", "repo", '{"probe":true}')).toThrow("another body");
  expect(() => once("")).toThrow("1 to 255");
  expect(() => once("x".repeat(256))).toThrow("1 to 255");
  expect(once("x".repeat(255))).toBe(2);
});

test("a beginning that fails is not remembered", () => {
  const requests = new IdempotentRequests<number>({ now: () => 0 });
  expect(() =>
    requests.once("repo", "a", "", () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(requests.once("repo", "a", "", () => 7)).toBe(7);
});

test("what could not be begun is forgotten, so that the same key can try again", async () => {
  const requests = new IdempotentRequests<Promise<string>>({ now: () => 0 });
  const failing = requests.once("repo", "a", "", () => Promise.reject(new Error("the disk is full")));
  await expect(failing).rejects.toThrow("the disk is full");
  expect(await requests.once("repo", "a", "", async () => "begun")).toBe("begun");
  expect(await requests.once("repo", "a", "", async () => "begun twice")).toBe("begun");
});
