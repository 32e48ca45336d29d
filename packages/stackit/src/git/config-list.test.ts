import { expect, test } from "vitest";
import { hostOf, ownerAndName, parseConfigList, remotesOf } from "./config-list.ts";

test("of several values the last one holds, and a key alone is true", () => {
  const config = parseConfigList("core.bare\0user.name\nAda\0user.name\nGrace\nHopper\0x.empty\n\0");
  expect([...config]).toEqual([
    ["core.bare", "true"],
    ["user.name", "Grace\nHopper"],
    ["x.empty", ""],
  ]);
  expect(parseConfigList("").size).toBe(0);
});

test("remotes are named with their hosts, whatever their names are made of", () => {
  const config = parseConfigList(
    [
      "remote.origin.url\nhttps://user:secret@git.example.com/octo/shop.git",
      "remote.a.b.url\ngit@host:x/y",
      "remote.local.url\n/srv/x.git",
      "remote.origin.fetch\n+refs/heads/*:refs/remotes/origin/*",
      "remote.url\nnot one",
      "branch.remote.x.url\nnot one",
    ].join("\0"),
  );
  expect(remotesOf(config)).toEqual([
    { name: "a.b", host: "host", url: "git@host:x/y" },
    { name: "local", url: "/srv/x.git" },
    { name: "origin", host: "git.example.com", url: "https://user:secret@git.example.com/octo/shop.git" },
  ]);
});

test.each([
  ["https://github.com/octo/shop.git", "github.com", "octo/shop"],
  ["https://github.com/octo/shop/", "github.com", "octo/shop"],
  ["https://github.com/octo/shop.git/", "github.com", "octo/shop"],
  ["https://me:tok%40en@git.example.com:8443/octo/shop", "git.example.com", "octo/shop"],
  ["ssh://git@git.example.com:22/octo/shop.git", "git.example.com", "octo/shop"],
  ["git@github.com:octo/shop.git", "github.com", "octo/shop"],
  ["github.com:octo/shop", "github.com", "octo/shop"],
  ["git@github.com:/octo/shop.git", "github.com", "octo/shop"],
  ["https://gitlab.com/group/sub/shop.git", "gitlab.com", undefined],
  ["https://github.com/shop", "github.com", undefined],
  ["file:///srv/octo/shop.git", undefined, undefined],
  ["/srv/octo/shop.git", undefined, undefined],
  ["../octo/shop", undefined, undefined],
  ["./with:colon/shop", undefined, undefined],
  ["https://", undefined, undefined],
  ["", undefined, undefined],
])("%s is at %s and holds %s", (url, host, place) => {
  expect(hostOf(url)).toBe(host);
  const found = ownerAndName(url);
  expect(found && `${found.owner}/${found.name}`).toBe(place);
});
