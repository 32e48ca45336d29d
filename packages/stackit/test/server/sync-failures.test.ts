import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { checkDataDir } from "../../src/cli/doctor/check-data-dir.ts";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { View } from "../../src/contract/view.ts";
import { lockMirrors } from "../../src/store/mirrors-lock.ts";
import { cut, drip, hang, on, refuse } from "../support/git-host-behaviours.ts";
import { type GitHttpHost, gitHttpHost } from "../support/git-http-host.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { leftovers } from "../support/leftovers.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { descendantsOf, startServerProcess } from "../support/server-process.ts";
import { SlowTap } from "../support/slow-tap.ts";

const run = promisify(execFile);
const TOKEN = "Basic bm9ib2R5LW1heS1zZWUtdGhpcw==";
const isRoot = process.getuid?.() === 0;

/** A mirror of a stack, which was read once. */
interface Shop extends AsyncDisposable {
  readonly upstream: Scene;
  host: GitHttpHost;
  readonly server: ServedFolders;
  readonly dataDir: string;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-failures-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openShop(dataDir: string, syncTimeoutMs = 60_000): Promise<Shop> {
  const upstream = await createScene(
    (writer) => {
      writer.commit("main");
      for (let branch = 0; branch < 12; branch++) writer.stacked(`b${branch}`, "main");
    },
    { bare: true },
  );
  const host = await gitHttpHost(dirname(upstream.path));
  const url = new URL(`${host.url}/repo.git`);
  const mirror = { kind: "mirror" as const, id: "shop", url, authorization: TOKEN };
  const server = await serveFolders([mirror], { dataDir, settleMs: 20, syncTimeoutMs });
  const shop: Shop = {
    upstream,
    host,
    server,
    dataDir,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await shop.host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
  return shop;
}

type Cause = (shop: Shop) => Promise<() => unknown>;

/** Makes the host behave so until it is undone. */
const hostThat =
  (...front: Parameters<typeof on> | [GitHttpHost["front"]]): Cause =>
  async ({ host }) => {
    host.front = front.length === 2 ? on(...front) : front[0];
    return () => {
      host.front = undefined;
    };
  };

const nobodyListens: Cause = async (shop) => {
  const { port } = new URL(shop.host.url);
  await shop.host[Symbol.asyncDispose]();
  return async () => {
    shop.host = await gitHttpHost(dirname(shop.upstream.path), { port: Number(port) });
  };
};

const branchesAreGone: Cause = async ({ upstream }) => {
  const refs = (await upstream.git("for-each-ref", "--format=%(objectname) %(refname)")).split("\n");
  for (const line of refs) await upstream.git("update-ref", "-d", line.slice(41));
  return async () => {
    for (const line of refs) await upstream.git("update-ref", line.slice(41), line.slice(0, 40));
  };
};

/** The git that takes objects gets a signal that it cannot refuse, such as the system sends that has no memory left. */
const gitIsKilled: Cause = async ({ host, dataDir }) => {
  const tap = new SlowTap(10_000);
  host.front = on("fetch", () => {
    host.through = () => tap.stream();
    return false;
  });
  const killGit = async (): Promise<boolean> => {
    for (const pid of await descendantsOf(process.pid)) {
      const argv = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (!/^git\0.*\0unpack-objects\0/.test(argv) || !argv.includes(dataDir)) continue;
      process.kill(pid, "SIGKILL");
      return true;
    }
    return false;
  };
  void vi.waitUntil(killGit, { timeout: 30_000 });
  return () => {
    tap.open();
    host.front = undefined;
    host.through = undefined;
  };
};

const inAnHour = () => new Date(Date.now() + 3_600_000).toUTCString();

const FAILURES: readonly (readonly [name: string, status: number, code: string, cause: Cause])[] = [
  ["a remote that wants other credentials", 502, "sync/auth-failed", hostThat(refuse(401))],
  ["a remote that forbids it", 502, "sync/auth-failed", hostThat(refuse(403))],
  ["a remote that is gone", 502, "sync/remote-not-found", hostThat(refuse(404))],
  ["a port where nobody listens", 502, "sync/remote-unreachable", nobodyListens],
  ["a remote that is broken", 502, "sync/remote-error", hostThat(refuse(500))],
  [
    "a remote that is broken when it comes to objects",
    502,
    "sync/remote-error",
    hostThat("fetch", refuse(500)),
  ],
  ["a remote that refuses objects alone", 502, "sync/auth-failed", hostThat("fetch", refuse(403))],
  ["a remote that hangs", 504, "sync/timeout", hostThat(hang())],
  ["a remote that hangs when it comes to objects", 504, "sync/timeout", hostThat("fetch", hang())],
  ["a remote that sends its refs byte by byte", 504, "sync/timeout", hostThat("ls-refs", drip())],
  ["a remote that sends objects byte by byte", 504, "sync/timeout", hostThat("fetch", drip())],
  [
    "a remote that breaks off in the midst of the objects",
    502,
    "sync/remote-unreachable",
    hostThat("fetch", cut(100_000)),
  ],
  ["a remote that has lost its branches", 409, "sync/held", branchesAreGone],
  ["a git that is killed", 500, "sync/unreadable", gitIsKilled],
];

for (const [name, status, code, cause] of FAILURES) {
  test(`${name} is told as ${code}, leaves the last snapshot, and passes (B11, B21)`, async () => {
    await using shop = await openShop(await emptyFolder(), code === "sync/timeout" ? 3_000 : undefined);
    await failAndRecover(shop, status, code, cause);
  });
}

for (const [name, retryAfter] of [
  ["a remote that asks for a minute", () => "60"],
  ["a remote that names an hour", inAnHour],
] as const) {
  test(`${name} is told as sync/rate-limited, leaves the last snapshot, and is not asked again before`, async () => {
    await using shop = await openShop(await emptyFolder());
    const { server, upstream, host } = shop;
    const shown = await server.get<View>("/repos/shop/view");
    await upstream.commit("b0");
    host.front = refuse(429, { "retry-after": retryAfter() });
    let asked = 0;
    for (let ask = 0; ask < 2; ask++) {
      const answer = await server.sync({}, {}, "shop");
      expect([answer.status, (await answer.json()).code]).toEqual([503, "sync/rate-limited"]);
      const waitSec = Number(answer.headers.get("retry-after"));
      expect(waitSec).toBeGreaterThan(50);
      expect(waitSec).toBeLessThanOrEqual(3_600);
      host.front = undefined;
      asked ||= host.requests.length;
    }
    expect(host.requests).toHaveLength(asked);
    expect(await server.get<View>("/repos/shop/view")).toEqual(shown);
  });
}

async function failAndRecover(shop: Shop, status: number, code: string, cause: Cause): Promise<void> {
  const { server, upstream, dataDir } = shop;
  const shown = await server.get<View>("/repos/shop/view");
  expect(shown.stacks).toHaveLength(12);
  const pushed = await upstream.commit("b0", { files: { large: incompressible(300_000) } });
  const undo = await cause(shop);

  const answer = await server.sync({}, {}, "shop");
  const text = await answer.text();
  expect([answer.status, JSON.parse(text).code], text).toEqual([status, code]);
  for (const secret of [TOKEN, TOKEN.slice(6), dataDir, new URL(shop.host.url).host]) {
    expect(text).not.toContain(secret);
  }
  expect(await server.get<View>("/repos/shop/view")).toEqual(shown);
  const { freshness, notes } = await server.get<RepoStatus>("/repos/shop");
  expect(notes.map((note) => note.code)).toEqual(code === "sync/held" ? ["held"] : []);
  if (code === "sync/held") expect(freshness.lastAttempt?.outcome).toBe("held");
  else expect(freshness).toMatchObject({ health: "failing", lastAttempt: { outcome: "failed", code } });

  await undo();
  const next = await server.sync({}, {}, "shop");
  expect(next.status, await next.text()).toBe(200);
  const tips = (await server.get<View>("/repos/shop/view")).stacks.flatMap(({ branches }) => branches);
  expect(tips.find((branch) => branch.name === "b0")?.revision).toBe(pushed);
  const mirror = join(dataDir, "mirrors", "shop.git");
  expect(await upstream.gitIn(mirror, "for-each-ref", "refs/heads")).toBe(
    await upstream.git("for-each-ref", "refs/heads"),
  );
  await upstream.gitIn(mirror, "fsck", "--full", "--strict");
  // Beside the mirrors lies what the server works with until it ends.
  expect(await leftovers(join(dataDir, "mirrors"))).toEqual([]);
}

/** Text that no compression makes much smaller. */
function incompressible(bytes: number): string {
  return randomBytes(bytes).toString("base64").slice(0, bytes);
}

/** A folder on a disk of its own, which is taken away when the test has ended. */
async function smallDisk(): Promise<string> {
  const folder = await emptyFolder();
  await run("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
  onTestFinished(() => run("umount", ["-l", folder]).then(() => {}));
  return folder;
}

/** Leaves so many bytes free, or fewer where the server writes meanwhile. */
async function fill(folder: string, freeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(join(folder, "ballast"), Buffer.alloc(bavail * bsize - freeBytes)).catch((error) => {
    if (error.code !== "ENOSPC") throw error;
  });
}

test.runIf(isRoot).each([
  ["has room for what the database notes, and not for the pack,", 131_072],
  ["has no room at all", 0],
])("a disk that %s is told as full, leaves the last snapshot, and passes (B23)", async (_name, freeBytes) => {
  const dataDir = await smallDisk();
  await using shop = await openShop(dataDir);
  await failAndRecover(shop, 507, "sync/disk-full", async () => {
    await fill(dataDir, freeBytes);
    return () => rm(join(dataDir, "ballast"));
  });
});

test.runIf(isRoot)("mirrors on a full disk are not told as those of another server (B23)", async () => {
  const dataDir = await smallDisk();
  await mkdir(join(dataDir, "mirrors"));
  await fill(dataDir, 0);
  expect(() => lockMirrors(dataDir)).toThrow(/cannot be locked: .*full/);
  const [space] = (await checkDataDir(dataDir)).filter(({ subject }) => subject === "free space");
  expect(space).toMatchObject({ level: "fail", detail: expect.stringContaining("only 0 MiB") });
});

/** A server process of nobody in particular, whom the system does not let through as it does root. */
async function openForeignShop() {
  const uid = 54_321;
  const folder = await emptyFolder();
  const dataDir = join(folder, "data");
  await mkdir(dataDir);
  await chmod(folder, 0o755);
  await chown(dataDir, uid, uid);
  const upstream = await createScene(
    (writer) => {
      writer.commit("main");
      writer.stacked("b0", "main");
    },
    { bare: true },
  );
  const host = await gitHttpHost(dirname(upstream.path));
  const list = join(folder, "repos.json");
  await writeFile(list, JSON.stringify({ repos: [{ id: "shop", url: `${host.url}/repo.git` }] }));
  const args = ["--repos-config", list, "--data-dir", dataDir, "--settle", "20ms"];
  const server = await startServerProcess(args, { TMPDIR: dataDir }, { uid, gid: uid });
  return {
    upstream,
    dataDir,
    server,
    uid,
    sync: () => fetch(`${server.url}/api/v1/repos/shop/sync`, { method: "POST" }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test.runIf(isRoot)("a data folder that may not be written is told as such, and passes (M1)", async () => {
  await using shop = await openForeignShop();
  expect((await shop.sync()).status).toBe(200);
  const mirror = join(shop.dataDir, "mirrors", "shop.git");
  await shop.upstream.commit("b0");
  await run("chown", ["-R", "0:0", mirror]);
  await run("chmod", ["-R", "a+rX", mirror]);
  const refused = await shop.sync();
  expect([refused.status, await refused.json()]).toMatchObject([
    500,
    { code: "sync/unreadable", detail: expect.stringContaining("may not write its data folder") },
  ]);
  await run("chown", ["-R", `${shop.uid}:${shop.uid}`, mirror]);
  expect((await shop.sync()).status).toBe(200);
  expect(await shop.upstream.gitIn(mirror, "-c", "safe.directory=*", "rev-parse", "b0")).toBe(
    await shop.upstream.sha("b0"),
  );
});

test.runIf(isRoot)(
  "a system that lets no more processes start is told as such, and passes (M2)",
  async () => {
    await using shop = await openForeignShop();
    expect((await shop.sync()).status).toBe(200);
    await shop.upstream.commit("b0");
    const { stdout } = await run("prlimit", ["--nproc", "--output", "SOFT", "--noheadings"]);
    const limit = async (processes: string) => {
      for (const pid of [shop.server.pid, ...(await descendantsOf(shop.server.pid))]) {
        const limiting = run("prlimit", ["--pid", String(pid), `--nproc=${processes}:`], {
          uid: shop.uid,
          gid: shop.uid,
        });
        // What the server started may have ended meanwhile.
        await limiting.catch((error: unknown) =>
          expect(existsSync(`/proc/${pid}`), String(error)).toBe(false),
        );
      }
    };
    await limit("1");
    const refused = await shop.sync();
    expect([refused.status, await refused.json()]).toMatchObject([
      500,
      { code: "sync/unreadable", detail: expect.stringContaining("no more processes") },
    ]);
    await limit(stdout.trim());
    expect((await shop.sync()).status).toBe(200);
  },
);

async function firstSyncOf(url: string) {
  const mirror = { kind: "mirror" as const, id: "shop", url: new URL(url), authorization: TOKEN };
  await using server = await serveFolders([mirror], { dataDir: await emptyFolder() });
  const answer = await server.sync({}, {}, "shop");
  return [answer.status, await answer.json()];
}

test("a host whose name nobody knows is told as sync/remote-unreachable (M4)", async () => {
  expect(await firstSyncOf("https://nowhere.invalid/repo.git")).toMatchObject([
    502,
    { code: "sync/remote-unreachable", detail: "The remote's host name cannot be resolved." },
  ]);
});

test("a host whose certificate nobody vouches for gets no credentials, and is told as sync/remote-unreachable", async () => {
  const folder = await emptyFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  await run("openssl", ["req", "-x509", ...newKey, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1"]);
  const tls = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  await using host = await gitHttpHost(folder, { tls });
  expect(await firstSyncOf(`${host.url}/repo.git`)).toMatchObject([
    502,
    { code: "sync/remote-unreachable", detail: expect.stringContaining("signed by itself alone") },
  ]);
  expect(host.requests).toEqual([]);
});
