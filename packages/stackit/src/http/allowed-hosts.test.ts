import { expect, test } from "vitest";
import { hostRules, isAllowedHost } from "./allowed-hosts.ts";

const none = hostRules({});

test.each(["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "[::1]"])(
  "a server reached at a loopback address answers for %s",
  (host) => {
    expect(isAllowedHost(host, "127.0.0.1", none)).toBe(true);
    expect(isAllowedHost(host, "::1", none)).toBe(true);
  },
);

test.each([
  undefined,
  "",
  "evil.example",
  "127.0.0.1.evil.example",
  "localhost.evil.example:8080",
  "user@localhost",
  "localhost/..",
  "localhost:80:80",
  "localhost:65536",
  "localhost:999999",
  "[::1",
  "10.0.0.5",
  "0.0.0.0",
])("a server reached at a loopback address does not answer for %s", (host) => {
  expect(isAllowedHost(host, "127.0.0.1", none)).toBe(false);
});

test("a server reached from outside answers for the address that was connected to, and for no loopback name", () => {
  expect(isAllowedHost("10.0.0.5:8080", "10.0.0.5", none)).toBe(true);
  expect(isAllowedHost("10.0.0.5", "::ffff:10.0.0.5", none)).toBe(true);
  expect(isAllowedHost("10.0.0.6", "10.0.0.5", none)).toBe(false);
  expect(isAllowedHost("localhost", "10.0.0.5", none)).toBe(false);
});

test("the base URL's host and the configured hosts are answered for, their neighbours are not", () => {
  const rules = hostRules({ baseUrl: new URL("https://Stacks.example.com/x"), allowedHosts: ["Box.local"] });
  expect(isAllowedHost("stacks.example.com", "10.0.0.5", rules)).toBe(true);
  expect(isAllowedHost("STACKS.example.com:444", "10.0.0.5", rules)).toBe(true);
  expect(isAllowedHost("box.local:8080", "127.0.0.1", rules)).toBe(true);
  expect(isAllowedHost("sub.stacks.example.com", "10.0.0.5", rules)).toBe(false);
});
