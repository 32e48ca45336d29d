import { expect, test } from "vitest";
import { clientKey, isLoopback } from "./address.ts";

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["[::1]", true],
  ["::ffff:127.0.0.1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["1.127.0.1", false],
  ["::ffff:10.0.0.1", false],
])("%s is loopback: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test("an IPv4 client is named by its address, mapped or not", () => {
  expect(clientKey("203.0.113.7")).toBe("203.0.113.7");
  expect(clientKey("::ffff:203.0.113.7")).toBe("203.0.113.7");
});

test("IPv6 clients of one /64 share a name, however they are written", () => {
  const key = clientKey("2001:db8:1:2:3:4:5:6");
  expect(key).toBe("2001:db8:1:2::/64");
  expect(clientKey("2001:0DB8:0001:0002::9")).toBe(key);
  expect(clientKey("2001:db8:1:3::9")).not.toBe(key);
  expect(clientKey("::1")).toBe("0:0:0:0::/64");
  expect(clientKey("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
});
