import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ServerChannel } from "ssh2";
import { expect, test } from "vitest";
import { DirectSpawner, type SpawnRequest } from "../../src/git/spawner.ts";
import { SshClient } from "../../src/git/ssh-access.ts";
import { SshAgent } from "../../src/git/ssh-agent.ts";
import { SshLooker } from "../../src/git/wire/ssh-looker.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import { afterOne, hanging, saying } from "../support/git-ssh-host.ts";
import { processesWith, stillRunning } from "../support/processes.ts";
import { readSshKey, sshKeyPair } from "../support/ssh-keys.ts";
import { type SshScene, type SshSceneOptions, sshScene } from "../support/ssh-scene.ts";

const stack = (options?: SshSceneOptions) =>
  sshScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  }, options);

async function expectEqual({ upstream, dir }: SshScene): Promise<void> {
  const refsOf = (gitDir: string) =>
    upstream.gitIn(gitDir, "for-each-ref", "refs/heads", "refs/stackit/metadata", "refs/stackit/stacks");
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
}

/** What clients are told of a refresh that fails. */
async function failureOf(refresh: Promise<unknown>): Promise<[code: string, detail: string]> {
  const { code, message } = await refresh.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => mirrorFailure(error),
  );
  return [code, message];
}

test.each([
  ["Ed25519", []],
  ["RSA", ["-t", "rsa", "-b", "2048"]],
  ["ECDSA", ["-t", "ecdsa"]],
])("a remote by ssh is mirrored with a key of the kind %s", async (_kind, keyKind) => {
  await using scene = await stack({ keyKind });
  expect(await scene.refresh()).toMatchObject({ outcome: "updated", stacks: { created: ["api"] } });
  await expectEqual(scene);
  expect(scene.mirror.snapshot?.trunk).toBe("main");
  expect(new Set(scene.host.users)).toEqual(new Set(["git"]));
  expect([...scene.host.offered]).toHaveLength(1);
});

test("an unchanged refresh costs one connection, and git is not asked for refs", async () => {
  await using scene = await stack();
  await scene.refresh();
  scene.spawner.take();
  const { connections } = scene.host;
  expect((await scene.refresh()).outcome).toBe("unchanged");
  expect(scene.host.connections - connections).toBe(1);
  const { commands } = scene.spawner.take();
  expect(commands.filter((command) => /^(ls-remote|fetch|for-each-ref|update-ref)$/.test(command))).toEqual(
    [],
  );
  expect(scene.host.commands.at(-1)).toBe("git-upload-pack '/repo.git'");
});

test("pushes, force-pushes, deletions and another default branch are followed", async () => {
  await using scene = await stack();
  await scene.refresh();
  const { upstream } = scene;
  await upstream.commit("ui");
  await upstream.amend("api", "Another word");
  await upstream.git("update-ref", "refs/heads/new", "main");
  await upstream.git("update-ref", "-d", "refs/stackit/metadata/ui");
  const { refs, outcome } = await scene.refresh();
  expect(outcome).toBe("updated");
  expect(refs.changes.map(({ ref, kind }) => `${kind} ${ref}`)).toEqual([
    "rewritten refs/heads/api",
    "created refs/heads/new",
    "forward refs/heads/ui",
    "deleted refs/stackit/metadata/ui",
  ]);
  await upstream.git("branch", "-m", "main", "trunk");
  await scene.refresh();
  expect(scene.mirror.snapshot?.trunk).toBe("trunk");
  await expectEqual(scene);
});

test.each([
  ["the older protocol, as hosts do that let no variables in", "sha1", false],
  ["the newer object format", "sha256", true],
  ["the newer object format in the older protocol", "sha256", false],
] as const)("a host that speaks %s is followed", async (_what, objectFormat, passesVersion) => {
  await using scene = await stack({ scene: { objectFormat } });
  scene.host.passesVersion = passesVersion;
  await scene.refresh();
  await scene.upstream.commit("ui");
  await scene.upstream.git("tag", "-a", "-m", "One", "v1", "main");
  expect((await scene.refresh()).refs.changes).toMatchObject([{ ref: "refs/heads/ui", kind: "forward" }]);
  expect(scene.mirror.snapshot?.trunk).toBe("main");
  await expectEqual(scene);
  expect((await scene.refresh()).outcome).toBe("unchanged");
});

test.each([true, false])(
  "an empty remote is a state, and its first push is seen (protocol v2: %j)",
  async (isNew) => {
    await using scene = await sshScene();
    scene.host.passesVersion = isNew;
    expect((await scene.refresh()).outcome).toBe("updated");
    expect(scene.mirror.snapshot?.notes.map(({ code }) => code)).toEqual(["no-commits"]);
    await scene.upstream.write((s) => s.commit("main"));
    expect((await scene.refresh()).outcome).toBe("updated");
    expect(scene.mirror.snapshot?.trunk).toBe("main");
  },
);

test("a key that the host does not know is told by its fingerprint and by its variable", async () => {
  await using scene = await stack({ shown: await sshKeyPair() });
  const [code, detail] = await failureOf(scene.refresh());
  expect(code).toBe("sync/auth-failed");
  expect(detail).toMatch(
    /^The remote refused the key in STACKIT_SSH_KEY \(SHA256:[\w+/]{43}\)\. Add the public key there/,
  );
  expect(scene.host.commands).toEqual([]);
});

test("a host that is not known is not spoken to, until its key is added", async () => {
  await using scene = await stack();
  await writeFile(scene.knownHosts, "git.example.com ssh-ed25519 AAAA\n");
  const [code, detail] = await failureOf(scene.refresh());
  expect(code).toBe("sync/remote-unreachable");
  const { port } = new URL(scene.host.url);
  expect(detail).toBe(
    `The host key of 127.0.0.1 is not known here. \`ssh-keyscan -p ${port} 127.0.0.1\` prints it: compare it with what the host publishes, and add it to the file that STACKIT_SSH_KNOWN_HOSTS_FILE names.`,
  );
  expect(scene.host.offered.size).toBe(0);
  await writeFile(scene.knownHosts, scene.host.knownHosts);
  expect((await scene.refresh()).outcome).toBe("updated");
});

test("a host whose key has changed is not spoken to, and that is said loudly; what was shown stays", async () => {
  await using scene = await stack();
  await scene.refresh();
  const shown = scene.mirror.snapshot;
  const { connections, commands } = scene.host;
  const [name] = scene.host.knownHosts.split(" ");
  await writeFile(scene.knownHosts, `${name} ${(await sshKeyPair()).public}\n`);
  await scene.upstream.commit("ui");
  const said = commands.length;
  const [code, detail] = await failureOf(scene.refresh());
  expect(code).toBe("sync/remote-unreachable");
  expect(detail).toMatch(/^WARNING: the host key of 127\.0\.0\.1 has CHANGED\. .*Nothing was sent to it\./);
  expect(scene.host.connections).toBe(connections + 1);
  expect(commands).toHaveLength(said);
  expect(scene.mirror.snapshot).toBe(shown);
});

test("a host key that is marked as revoked is not accepted", async () => {
  await using scene = await stack();
  await writeFile(scene.knownHosts, `@revoked ${scene.host.knownHosts}\n${scene.host.knownHosts}\n`);
  const [code, detail] = await failureOf(scene.refresh());
  expect([code, detail]).toEqual([
    "sync/remote-unreachable",
    "The host key of 127.0.0.1 is marked as revoked in the file that STACKIT_SSH_KNOWN_HOSTS_FILE names.",
  ]);
});

test("a host that says no is understood, in the look and in the fetch", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("ui");
  for (const refuse of [
    saying("ERROR: Repository not found."),
    afterOne(saying("ERROR: Repository not found.")),
  ]) {
    scene.host.front = refuse;
    expect((await failureOf(scene.refresh()))[0]).toBe("sync/remote-not-found");
  }
  scene.host.front = undefined;
  expect((await scene.refresh()).outcome).toBe("updated");
});

test("damage of which the remote speaks is not looked for in the mirror", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("ui");
  scene.host.front = afterOne(saying("fatal: bad object refs/heads/ui\nfatal: unable to read tree 1234"));
  expect((await failureOf(scene.refresh()))[0]).toBe("sync/remote-error");
  scene.host.front = undefined;
  scene.spawner.take();
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(scene.spawner.take().commands).not.toContain("fsck");
});

test.each([
  ["in the look", hanging()],
  ["in the fetch", afterOne(hanging())],
])("a host that hangs %s leaves no process when the deadline comes, and no ssh", async (_where, front) => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("ui");
  const asked = Promise.withResolvers<void>();
  scene.host.front = (channel) => {
    const isAnswered = front(channel);
    if (isAnswered) asked.resolve();
    return isAnswered;
  };
  const deadline = new AbortController();
  const refreshing = scene.refresh(deadline.signal).catch(() => "given up");
  await asked.promise;
  const pids = await processesWith(scene.host.url.split(":").at(-1) ?? "");
  expect(pids).not.toEqual([]);
  deadline.abort();
  expect(await refreshing).toBe("given up");
  expect(await stillRunning(pids)).toEqual([]);
  scene.host.front = undefined;
  expect((await scene.refresh()).outcome).toBe("updated");
});

test("a host that says nothing for long is told as that", async () => {
  await using scene = await stack({ silenceMs: 300 });
  scene.host.front = hanging();
  expect(await failureOf(scene.refresh())).toEqual(["sync/timeout", "The remote said nothing for 0.3 s."]);
});

test.each([
  ["a portal's words", (channel: ServerChannel) => channel.write("Welcome to the machine!\n")],
  ["half of an answer", (channel: ServerChannel) => channel.write("000eversion 2\n")],
  ["nothing", () => true],
])("%s instead of refs is an error, and the mirror keeps what it has", async (_what, write) => {
  await using scene = await stack();
  await scene.refresh();
  const shown = scene.mirror.snapshot;
  scene.host.front = (channel) => {
    write(channel);
    channel.exit(0);
    channel.end();
    return true;
  };
  expect((await failureOf(scene.refresh()))[0]).toBe("sync/remote-error");
  expect(scene.mirror.snapshot).toBe(shown);
});

test("a host that nobody listens at is unreachable", async () => {
  await using scene = await stack();
  await scene.host[Symbol.asyncDispose]();
  expect(await failureOf(scene.refresh())).toEqual([
    "sync/remote-unreachable",
    "The remote's host refused the connection.",
  ]);
});

test("without a key of the server the user's agent is asked", async () => {
  await using scene = await stack();
  const folder = dirname(scene.knownHosts);
  await using agent = new SshAgent(readSshKey(scene.keys));
  await agent.listen(join(folder, "agent"));
  await using client = new SshClient(
    { knownHosts: { variable: "STACKIT_SSH_KNOWN_HOSTS", text: scene.host.knownHosts } },
    { SSH_AUTH_SOCK: join(folder, "agent") },
  );
  const ssh = await client.access();
  expect(ssh.words.keys).toBe("the keys of the user that runs the server and of their agent");
  const looker = new SshLooker(scene.spawner, ssh);
  const url = new URL(`${scene.host.url}/repo.git`);
  const signal = AbortSignal.timeout(30_000);
  const look = () => looker.look(url, { prefixes: ["refs/heads/"], signal });
  const { found } = await look();
  expect(found === "older-protocol" ? [] : [...found.refs.keys()]).toEqual([
    "refs/heads/api",
    "refs/heads/main",
    "refs/heads/ui",
  ]);
  // Who says the same again gives the same object.
  expect((await look()).found).toBe(found);
});

test("ssh is told to ask nobody, to believe no unknown host, and to open nothing but the connection", async () => {
  await using client = new SshClient({
    key: { key: readSshKey(await sshKeyPair()), variable: "A_KEY" },
    knownHosts: { variable: "HOSTS", file: "/a folder/100%/known" },
  });
  const { options } = await client.access();
  const { stdout } = await promisify(execFile)("ssh", ["-G", ...options, "git.example.com"]);
  const settings = new Map(stdout.split("\n").map((line) => line.split(/ (.*)/s) as [string, string]));
  expect(Object.fromEntries(settings)).toMatchObject({
    batchmode: "yes",
    stricthostkeychecking: "true",
    updatehostkeys: "false",
    userknownhostsfile: "/a folder/100%/known",
    globalknownhostsfile: "none",
    preferredauthentications: "publickey",
    forwardagent: "no",
    forwardx11: "no",
    clearallforwardings: "yes",
    permitlocalcommand: "no",
    controlmaster: "false",
    requesttty: "false",
    connecttimeout: "20",
    serveraliveinterval: "15",
  });
  expect(settings.has("proxycommand")).toBe(false);
  // Debian's configuration for all users names variables to send.
  expect(settings.has("sendenv")).toBe(false);
  expect(stdout.split("\n").filter((line) => line.startsWith("identityfile "))).toEqual([
    "identityfile none",
  ]);
});

test("a machine without ssh is told to install it", async () => {
  await using scene = await stack();
  await using client = new SshClient({}, {});
  await using spawner = new (class extends DirectSpawner {
    override spawn(request: SpawnRequest) {
      return super.spawn({ ...request, env: { ...request.env, PATH: "/nonexistent" } });
    }
  })();
  const looker = new SshLooker(spawner, await client.access());
  const look = looker.look(new URL(scene.host.url), { prefixes: [], signal: AbortSignal.timeout(30_000) });
  expect(await failureOf(look)).toEqual([
    "sync/remote-error",
    "The server has no ssh program. Install OpenSSH's client.",
  ]);
});

test("each key has an agent of its own, and all that are shown it share that one", async () => {
  await using client = new SshClient({}, {});
  const keys = await Promise.all(
    ["ONE", "OTHER"].map(async (variable) => ({ key: readSshKey(await sshKeyPair()), variable })),
  );
  const [one, other, again] = await Promise.all([...keys, ...keys].map((key) => client.access(key)));
  expect(one?.agentSocket).not.toBe(other?.agentSocket);
  expect(again).toBe(one);
  for (const [access, named] of [
    [one, keys[0]],
    [other, keys[1]],
  ] as const) {
    const env = { ...process.env, SSH_AUTH_SOCK: access?.agentSocket };
    const { stdout } = await promisify(execFile)("ssh-add", ["-l"], { env });
    expect(stdout).toContain(named?.key.fingerprint);
  }
});
