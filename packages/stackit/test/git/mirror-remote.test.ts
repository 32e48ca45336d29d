import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { MirrorGit } from "../../src/git/mirror-git.ts";
import { fixedCredentials, type RemoteCredentials } from "../../src/git/remote-credentials.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import type { MirrorOptions } from "../../src/repos/mirror-options.ts";
import { MirrorRemote } from "../../src/repos/mirror-remote.ts";
import { mirrorFailure } from "../../src/sync/mirror-target.ts";
import {
  after,
  askForCredentials,
  dropKeptConnections,
  hang,
  on,
  refuse,
  speakOldProtocol,
} from "../support/git-host-behaviours.ts";
import { upstreamOf } from "../support/mirror-world.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const stack = (options: Partial<MirrorOptions> = {}) =>
  mirroredScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  }, options);

async function expectEqual({ refsOf, upstream, dir }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
}

/** The repository is called `name` now; who asks for another is sent there, or on the way to there. */
function renamed(host: MirroredScene["host"], name: string, status = 301): void {
  host.front = (request, response) => {
    const [, asked, rest] = /^\/([^/]+)(.*)$/.exec(request.url ?? "") ?? [];
    if (asked === name) {
      request.url = `/repo.git${rest}`;
      return false;
    }
    response.writeHead(status, { location: `${host.url}/${name}${rest}` }).end();
    return true;
  };
}

const failureOf = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (error: unknown) => mirrorFailure(error),
  );

/** What was asked since, without what follows the path. */
function asked({ requests }: MirroredScene["host"], from: number): string[] {
  return requests.slice(from).map((line) => line.replace(/\?.*/, ""));
}

const DISCOVERY = "info/refs";
const LOOK = "git-upload-pack";

test("a renamed repository is followed within its origin, by the look and by the fetch, and remembered", async () => {
  await using scene = await stack();
  const { host, upstream } = scene;
  renamed(host, "gadget.git");
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
  expect(asked(host, 0).filter((line) => line.includes("/repo.git"))).toEqual([`GET /repo.git/${DISCOVERY}`]);

  const before = host.requests.length;
  expect((await scene.refresh()).outcome).toBe("unchanged");
  expect(asked(host, before)).toEqual([`POST /gadget.git/${LOOK}`]);

  await upstream.commit("api");
  renamed(host, "widget.git");
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
});

test("a redirect for now is asked for again at each look", async () => {
  await using scene = await stack();
  renamed(scene.host, "elsewhere.git", 302);
  expect((await scene.refresh()).outcome).toBe("updated");
  const before = scene.host.requests.length;
  expect((await scene.refresh()).outcome).toBe("unchanged");
  expect(asked(scene.host, before)).toEqual([
    `GET /repo.git/${DISCOVERY}`,
    `GET /elsewhere.git/${DISCOVERY}`,
    `POST /elsewhere.git/${LOOK}`,
  ]);
});

test("a renamed repository on a host that speaks only the old protocol is listed and fetched where it is", async () => {
  await using scene = await stack();
  renamed(scene.host, "gadget.git");
  const { front } = scene.host;
  scene.host.front = (request, ...rest) => {
    delete request.headers["git-protocol"];
    return front?.(request, ...rest) ?? false;
  };
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
  expect(scene.spawner.take().commands).toContain("ls-remote");
});

/** Sends whoever asks for `/repo.git` through so many other names. */
function manyRedirects(host: MirroredScene["host"], count: number): void {
  host.front = (request, response) => {
    const [, hop = "0", rest] = /^\/(?:hop(\d+)|repo)\.git(.*)$/.exec(request.url ?? "") ?? [];
    if (Number(hop) >= count) {
      request.url = `/repo.git${rest}`;
      return false;
    }
    response.writeHead(307, { location: `/hop${Number(hop) + 1}.git${rest}` }).end();
    return true;
  };
}

test("five redirects are followed, and a sixth is not (B63)", async () => {
  await using scene = await stack();
  manyRedirects(scene.host, 5);
  expect((await scene.refresh()).outcome).toBe("updated");
  manyRedirects(scene.host, 6);
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/remote-error" });
});

test("a redirect of the look itself, and one without an address, are failures of the remote", async () => {
  await using scene = await stack();
  for (const location of ["/repo.git/git-upload-pack", undefined]) {
    scene.host.front = (request, response) => {
      if (request.method !== "POST") return false;
      response.writeHead(307, location === undefined ? {} : { location }).end();
      return true;
    };
    expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/remote-error" });
  }
});

/** Gives out `tok-1`, and the next one each time that the last was refused. */
class RenewedCredentials implements RemoteCredentials {
  number = 1;
  readonly isRenewable: boolean;

  constructor(isRenewable = true) {
    this.isRenewable = isRenewable;
  }

  async authorization(): Promise<string> {
    return `Basic tok-${this.number}`;
  }

  async renew(_url: URL, refused: string | undefined): Promise<string | undefined> {
    if (!this.isRenewable) return undefined;
    if (refused === `Basic tok-${this.number}`) this.number += 1;
    return this.authorization();
  }
}

/** Accepts that one alone. */
const accept = (token: string, status?: number) => askForCredentials(`Basic ${token}`, status);

for (const status of [401, 403]) {
  test(`credentials that the look finds refused with ${status} are renewed once, and the run goes on`, async () => {
    const credentials = new RenewedCredentials();
    await using scene = await stack({ credentials });
    scene.host.front = accept("tok-2", status);
    expect((await scene.refresh()).outcome).toBe("updated");
    await expectEqual(scene);
    expect(credentials.number).toBe(2);
  });

  test(`credentials that the fetch finds refused with ${status} are renewed once, and the fetch goes on`, async () => {
    const credentials = new RenewedCredentials();
    await using scene = await stack({ credentials });
    await scene.refresh();
    await scene.upstream.commit("api");
    // The look is answered; then the token is worth nothing any more.
    scene.host.front = after(1, accept("tok-2", status));
    expect((await scene.refresh()).outcome).toBe("updated");
    await expectEqual(scene);
    expect(credentials.number).toBe(2);
  });
}

test("credentials that are refused again after they were renewed fail the run", async () => {
  const credentials = new RenewedCredentials();
  await using scene = await stack({ credentials });
  scene.host.front = accept("tok-9");
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/auth-failed", retryable: false });
  expect(scene.host.credentials).toEqual(["Basic tok-1", "Basic tok-2"]);
});

test("a remote that wants credentials when none are set is said to want them, and how they are set", async () => {
  await using scene = await stack({ credentials: fixedCredentials(undefined) });
  scene.host.front = refuse(401);
  expect(await failureOf(scene.refresh())).toMatchObject({
    code: "sync/auth-failed",
    message: expect.stringMatching(/wants credentials, and none are set.*`credentialEnv`/),
  });
});

test("credentials that cannot be renewed are tried once", async () => {
  await using scene = await stack({ credentials: new RenewedCredentials(false) });
  scene.host.front = accept("tok-2");
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/auth-failed" });
  expect(scene.host.credentials).toEqual(["Basic tok-1"]);
});

test.each([
  ["Basic tok-1", "The remote refused the token in SHOP_TOKEN."],
  [undefined, "The remote wants credentials, and SHOP_TOKEN is not set."],
])("a refusal of %s names the variable, and never what it holds", async (authorization, message) => {
  await using scene = await stack({ credentials: fixedCredentials(authorization, "SHOP_TOKEN") });
  scene.host.front = accept("tok-2");
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/auth-failed", message });
  expect(scene.host.requests).toHaveLength(1);
});

test("what git is refused while it looks, on a host that speaks only the old protocol, is renewed too", async () => {
  const credentials = new RenewedCredentials();
  await using scene = await stack({ credentials });
  let asked = 0;
  scene.host.front = (request, response) => {
    delete request.headers["git-protocol"];
    // Our own look, which finds the protocol too old, comes before git's: once for the format, once for the refs.
    const token = ++asked <= 2 ? "tok-1" : "tok-2";
    if (request.headers.authorization === `Basic ${token}`) return false;
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    return true;
  };
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(credentials.number).toBe(2);
  await expectEqual(scene);
});

test("a host that goes back to the old protocol is read by git from the second run on", async () => {
  await using scene = await stack();
  await scene.refresh();
  await scene.upstream.commit("api");
  scene.host.front = speakOldProtocol();
  expect(await failureOf(scene.refresh())).toMatchObject({ code: "sync/remote-error", retryable: true });
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectEqual(scene);
});

test("a connection that was kept and that the host has closed meanwhile costs no run", async () => {
  await using scene = await stack();
  scene.host.front = dropKeptConnections();
  await scene.refresh();
  await scene.upstream.commit("api");
  expect((await scene.refresh()).outcome).toBe("updated");
  expect((await scene.refresh()).outcome).toBe("unchanged");
});

test("a remote that says nothing is left long before the deadline (B21)", async () => {
  await using upstream = await upstreamOf((s) => s.commit("main"));
  using looker = new RefLooker({ silenceMs: 400 });
  const signal = new AbortController().signal;
  for (const ask of ["discovery", "ls-refs"] as const) {
    upstream.host.front = on(ask, hang());
    await expect(looker.look(upstream.url, { prefixes: ["refs/heads/"], signal })).rejects.toMatchObject({
      failure: "timeout",
      message: "The remote said nothing for 0.4 s.",
    });
  }
});

test("looks that hang keep no other repository of their host from being asked", async () => {
  await using upstream = await upstreamOf((s) => s.commit("main"));
  using looker = new RefLooker();
  const { host, url } = upstream;
  host.front = (request) => request.url?.startsWith("/hung") ?? false;
  const closing = new AbortController();
  const look = (at: URL) => looker.look(at, { prefixes: ["refs/heads/"], signal: closing.signal });
  const hung = Promise.all(
    ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => look(new URL(`${host.url}/hung-${name}.git`))),
  );
  await expect(Promise.race([look(url), hung])).resolves.toMatchObject({ url });
  closing.abort();
  await expect(hung).rejects.toMatchObject({ failure: "aborted" });
});

for (const [name, status, type] of [
  ["a refusal", 404, "text/html"],
  ["a redirect", 302, "text/html"],
  ["a page", 200, "text/html"],
] as const) {
  test(`${name} that goes on for ever is not listened to`, async () => {
    await using upstream = await upstreamOf((s) => s.commit("main"));
    using looker = new RefLooker();
    const closed = Promise.withResolvers<void>();
    upstream.host.front = (_request, response) => {
      response.once("close", closed.resolve);
      response.writeHead(status, { "content-type": type, location: "https://elsewhere.example/" });
      response.write("and so on");
      return true;
    };
    const { signal } = new AbortController();
    const look = looker.look(upstream.url, { prefixes: ["refs/heads/"], signal });
    await expect(look).rejects.toMatchObject({ failure: status === 404 ? "not-found" : "error" });
    await closed.promise;
  });
}

test("an answer that is the same is known again though the remote sends to another place each time", async () => {
  await using upstream = await upstreamOf((s) => s.commit("main"));
  using looker = new RefLooker();
  const { host, url } = upstream;
  let sent = 0;
  host.front = (request, response) => {
    const [, place, rest] = /^\/(at-\d+)?(.*)$/.exec(request.url ?? "") ?? [];
    if (place !== undefined) {
      request.url = rest;
      return false;
    }
    response.writeHead(302, { location: `${host.url}/at-${++sent}/${rest}` }).end();
    return true;
  };
  const look = () => looker.look(url, { prefixes: ["refs/heads/"], signal: new AbortController().signal });
  const [first, second] = [await look(), await look()];
  expect(second.url.pathname).toBe("/at-2/repo.git");
  expect(second.found).toBe(first.found);
});

test("a remote is looked at through the proxy that the environment names, and past it where it says so", async () => {
  await using scene = await stack();
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { pathname, search } = new URL(request.url ?? "", scene.host.url);
    const { method, headers } = request;
    const onward = httpRequest(`${scene.host.url}${pathname}${search}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as AddressInfo;
  const options = { prefixes: ["refs/heads/"], signal: AbortSignal.timeout(20_000) };

  using through = new RefLooker({ proxyEnv: { http_proxy: `http://127.0.0.1:${port}` } });
  const { found } = await through.look(new URL("http://nowhere.invalid/repo.git"), options);
  expect(found).toMatchObject({ head: "refs/heads/main" });
  expect(asked[0]).toBe("http://nowhere.invalid/repo.git/info/refs?service=git-upload-pack");

  const sofar = asked.length;
  using past = new RefLooker({
    proxyEnv: { http_proxy: `http://127.0.0.1:${port}`, no_proxy: "127.0.0.1" },
  });
  await past.look(new URL(`${scene.host.url}/repo.git`), options);
  expect(asked).toHaveLength(sofar);
  proxy.closeAllConnections();
  proxy.close();
});

test("a look that was under way when the remote moved does not send the next fetch back", async () => {
  await using scene = await stack();
  const { host, spawner, dir } = scene;
  using looker = new RefLooker();
  const [before, now] = ["repo.git", "gadget.git"].map((name) => new URL(`${host.url}/${name}`));
  if (!before || !now) throw new Error("no addresses");
  const credentials = fixedCredentials(undefined);
  const remote = new MirrorRemote(looker, new MirrorGit(spawner, dir), { url: before, credentials });
  const { signal } = new AbortController();
  const opened = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  host.front = async () => {
    came.resolve();
    await opened.promise;
    return false;
  };
  const looking = remote.look(signal);
  await came.promise;
  remote.goTo(now);
  opened.resolve();
  expect((await looking).refs.size).toBeGreaterThan(0);
  expect(await remote.fetch(signal, async ({ url }) => url.href)).toBe(now.href);
});
