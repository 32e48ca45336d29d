import { expect, test } from "vitest";
import { formatAbsolute, formatAgo, formatClock, formatDuration, formatSpan } from "./durations.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test.each([
  [0, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [86_400_000, "1 d"],
  [30 * 86_400_000, "4 wk"],
  [100 * 86_400_000, "3 mo"],
  [1000 * 86_400_000, "2 y"],
])("%i ms is written %s", (ms, text) => {
  expect(plain(formatSpan(ms))).toBe(text);
});

test("a time that has not come yet, by a clock that is ahead, is just now", () => {
  expect(formatAgo(-20_000)).toBe("just now");
  expect(plain(formatAgo(12_000))).toBe("12 s ago");
});

test("durations keep one digit where it tells something", () => {
  expect(plain(formatDuration(83.6))).toBe("84 ms");
  expect(plain(formatDuration(1430))).toBe("1.4 s");
  expect(plain(formatDuration(61_000))).toBe("1 min");
});

test("points in time are written as a formatter would, in every month", () => {
  const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  for (let month = 0; month < 12; month++) {
    const at = new Date(2026, month, 3 * month + 1, 2 * month, 5 * month, month).getTime();
    expect(formatAbsolute(at)).toBe(absolute.format(at));
    expect(formatClock(at)).toBe(clock.format(at));
  }
});
