import { expect, test } from "vitest";
import { ownerAndName, parseRemoteUrl } from "./remote-url.ts";

test.each([
  ["ssh://git@github.com/octo/widget.git", "ssh://git@github.com/octo/widget.git"],
  ["git@github.com:octo/widget.git", "ssh://git@github.com/octo/widget.git"],
  ["git@github.com:/octo/widget.git", "ssh://git@github.com/octo/widget.git"],
  ["git.example.com:octo/widget.git", "ssh://git.example.com/octo/widget.git"],
  ["git+ssh://git@github.com/octo/widget.git", "ssh://git@github.com/octo/widget.git"],
  ["ssh://git@GitHub.com:22/octo/widget.git", "ssh://git@github.com/octo/widget.git"],
  ["ssh://git@git.example.com:2222/group/sub/widget", "ssh://git@git.example.com:2222/group/sub/widget"],
  ["ssh://git.example.com/srv/widget.git", "ssh://git.example.com/srv/widget.git"],
  ["ssh://robin@git.example.com/~/widget.git", "ssh://robin@git.example.com/~/widget.git"],
  ["robin@git.example.com:~/widget.git", "ssh://robin@git.example.com/~/widget.git"],
  ["git@[2001:db8::1]:octo/widget.git", "ssh://git@[2001:db8::1]/octo/widget.git"],
  ["ssh://git@[2001:db8::1]:2222/octo/widget.git", "ssh://git@[2001:db8::1]:2222/octo/widget.git"],
  [
    "ssh://robin%40example.com@git.example.com/widget.git",
    "ssh://robin%40example.com@git.example.com/widget.git",
  ],
])("%s is %s", (text, href) => {
  const read = parseRemoteUrl(text);
  expect("url" in read ? read.url.href : read.mistake).toBe(href);
});

test("owner and name are those of the path", () => {
  const read = parseRemoteUrl("git@github.com:octo/widget.git");
  expect("url" in read && ownerAndName(read.url)).toEqual({ owner: "octo", name: "widget" });
});

test.each([
  ["ssh://-oProxyCommand=id/octo/widget.git", "has a host that cannot be used;"],
  ["ssh://git@-oProxyCommand=id/octo/widget.git", "has a host that cannot be used;"],
  ["git@-oProxyCommand=id:octo/widget.git", "has a host that cannot be used;"],
  ["ssh://%2DoProxyCommand=id/octo/widget.git", "has a host that cannot be used;"],
  ["ssh://git@git.example.com%0a-x/octo/widget.git", "has a host that cannot be used;"],
  ["ssh://git@$(id)/octo/widget.git", "has a host that cannot be used;"],
  ["ssh:///octo/widget.git", "has a host that cannot be used;"],
  ["ssh://-lroot@git.example.com/widget.git", "has a user that cannot be used;"],
  ["ssh://%2Dlroot@git.example.com/widget.git", "has a user that cannot be used;"],
  ["-lroot@git.example.com:widget.git", "has a user that cannot be used;"],
  ["ssh://git@git.example.com/-u/widget.git", "has a path that cannot be used;"],
  ["git@git.example.com:-u/widget.git", "has a path that cannot be used;"],
  ["ssh://git@git.example.com/%2Du", "has a path that cannot be used;"],
  ["ssh://git@git.example.com/~-u", "has a path that cannot be used;"],
  ["ssh://git@git.example.com/a%0Ab", "has a path that cannot be used;"],
  ["ssh://git@git.example.com/a%00b", "has a path that cannot be used;"],
  ["ssh://git@git.example.com/a%zz", "has a path that cannot be used;"],
  ["ssh://git@git.example.com/a\nb", "holds spaces or control characters;"],
  ["git@git.example.com:a b", "holds spaces or control characters;"],
  ["ssh://git:s3cret@git.example.com/widget.git", "holds a password, and hosts are shown a key instead;"],
  ["ssh://git@git.example.com:port/widget.git", "is no URL of a repository;"],
  ["ssh://git@git.example.com:99999/widget.git", "has a port that cannot be used;"],
  ["ssh://git@git.example.com:0/widget.git", "has a port that cannot be used;"],
  ["ssh://git@git.example.com", "is no URL of a repository;"],
  ["ssh://git@git.example.com/", "names no repository;"],
  ["git@git.example.com:", "names no repository;"],
  ["ssh://git@git.example.com/widget.git?x=1", "has a query or a fragment;"],
])("%j is refused, and not quoted", (text, mistake) => {
  const read = parseRemoteUrl(text);
  expect("mistake" in read ? read.mistake : read.url.href).toContain(mistake);
  expect(JSON.stringify(read)).not.toMatch(/ProxyCommand|s3cret|lroot/);
});

test.each(["C:\\widget", "ext::sh -c id", "widget:main", "octo/widget"])(
  "%s is no address at all",
  (text) => {
    const read = parseRemoteUrl(text);
    expect("mistake" in read && read.mistake).toMatch(/^is no (https )?URL/);
  },
);
