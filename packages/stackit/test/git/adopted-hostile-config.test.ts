import { appendFile, chmod, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AdoptedScene, adoptedScene } from "../support/adopted-scene.ts";

const AUTHORIZATION = `Basic ${Buffer.from("x-access-token:a-token-for-one-host").toString("base64")}`;

/** A host that a clone's configuration would like to be asked. Remembers whoever asks. */
async function otherHost() {
  const heard: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
    response.writeHead(404).end();
  });
  server.on("connect", (request, socket) => {
    heard.push(`CONNECT ${request.url}`);
    socket.end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())),
  };
}

/** Lines of a clone's own configuration that would send its fetches, or what is told with them, elsewhere. */
const detours: Record<string, (url: string, other: string) => string> = {
  "a rewritten host": (_, other) =>
    `[url "${other}/"]\n\tinsteadOf = http://127.0.0.1\n\tinsteadOf = http://\n`,
  "a rewritten repository": (url, other) => `[url "${other}/repo.git"]\n\tinsteadOf = ${url}\n`,
  "a remote called like the URL": (url, other) => `[remote "${url}"]\n\turl = ${other}/repo.git\n`,
  "a proxy": (_, other) => `[http]\n\tproxy = ${other}\n`,
  "a proxy for that URL": (url, other) =>
    `[http "${url}"]\n\tproxy = ${other}\n[remote "origin"]\n\tproxy = ${other}\n`,
  "redirects and headers": (url) =>
    `[http "${url}"]\n\tfollowRedirects = true\n\textraHeader = X-Clone: hello\n\tuserAgent = clone\n`,
};

for (const [name, linesOf] of Object.entries(detours)) {
  test(`${name} in a clone's configuration leads nowhere, and its remote alone gets the token`, async () => {
    await using other = await otherHost();
    await using scene = await adoptedScene({ authorization: AUTHORIZATION });
    const url = `${scene.host.url}/repo.git`;
    await appendFile(join(scene.clone, ".git/config"), linesOf(url, other.url));
    const headers: string[] = [];
    const before = scene.host.credentials.length;
    scene.host.front = (request) => {
      headers.push(...request.rawHeaders);
      return false;
    };
    expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
    await scene.upstream.commit("ui");
    expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
    expect(await scene.refsOf(scene.clone)).toBe(await scene.refsOf(scene.upstream.path));
    expect(other.heard).toEqual([]);
    expect(new Set(scene.host.credentials.slice(before))).toEqual(new Set([AUTHORIZATION]));
    expect(headers.join(" ")).not.toMatch(/X-Clone|clone/);

    // So it would have gone with the clone's configuration.
    await scene.git("fetch", url).catch(() => {});
    expect(other.heard.length > 0 || headers.includes("X-Clone")).toBe(true);
  });
}

test("no program that a clone names is started, whatever it is named for (B66, B68, B69)", async () => {
  await using scene = await adoptedScene();
  const { clone, upstream, git } = scene;
  const traces = join(upstream.root, "traces");
  await mkdir(traces);
  const program = async (name: string) => {
    const file = join(upstream.root, name);
    await writeFile(file, `#!/bin/sh\ntouch '${traces}/${name}'\ncat\n`);
    await chmod(file, 0o755);
    return file;
  };
  await upstream.commit("main", { files: { ".gitattributes": "* filter=canary diff=canary\n" } });
  await git("pull", "--quiet");
  for (const hook of [
    "reference-transaction",
    "post-checkout",
    "post-index-change",
    "pre-auto-gc",
    "post-rewrite",
  ]) {
    await mkdir(join(clone, ".git/hooks"), { recursive: true });
    await writeFile(join(clone, ".git/hooks", hook), `#!/bin/sh\ntouch '${traces}/${hook}'\n`);
    await chmod(join(clone, ".git/hooks", hook), 0o755);
  }
  const included = join(upstream.root, "included");
  await writeFile(included, `[core]\n\tfsmonitor = ${await program("included-fsmonitor")}\n`);
  await appendFile(
    join(clone, ".git/config"),
    `[filter "canary"]
	clean = ${await program("clean")}
	smudge = ${await program("smudge")}
	process = ${await program("process")}
	required = true
[diff "canary"]
	command = ${await program("diff")}
	textconv = ${await program("textconv")}
[core]
	fsmonitor = ${await program("fsmonitor")}
	sshCommand = ${await program("ssh")}
	alternateRefsCommand = ${await program("alternate-refs")}
	pager = ${await program("pager")}
	editor = ${await program("editor")}
	hooksPath = ${join(clone, ".git/hooks")}
	askPass = ${await program("askpass")}
[credential]
	helper = ${await program("credential")}
[credential "${scene.host.url}"]
	helper = ${await program("credential-of-url")}
[remote "origin"]
	uploadpack = ${await program("uploadpack")}
	vcs = ext
[url "ext::${await program("transport")} "]
	insteadOf = ${join(upstream.root, "data")}
[uploadpack]
	packObjectsHook = ${await program("pack-objects")}
[gc]
	auto = 1
[include]
	path = ${included}
`,
  );
  // Git has to read the file to know that it is as it was.
  const longAgo = new Date("2020-02-02T02:02:02Z");
  await utimes(join(clone, "a.txt"), longAgo, longAgo);
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  await upstream.commit("ui");
  await upstream.git("branch", "-D", "api");
  expect(await scene.refresh()).toMatchObject({ outcome: "updated" });
  expect(await scene.refsOf(clone)).toBe(await scene.refsOf(upstream.path));
  expect(await readdir(traces)).toEqual([]);
  await expectCanariesWork(scene, traces);
});

/** That they do not sing says something only if they can. */
async function expectCanariesWork({ git }: AdoptedScene, traces: string): Promise<void> {
  await git("status").catch(() => {});
  await git("update-ref", "refs/heads/x", "HEAD").catch(() => {});
  expect((await readdir(traces)).sort()).toEqual(
    expect.arrayContaining(["included-fsmonitor", "process", "reference-transaction"]),
  );
}
