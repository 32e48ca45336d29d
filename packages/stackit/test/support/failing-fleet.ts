import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { RepoList } from "../../src/contract/repo.ts";
import { after, askForCredentials, hang, on, redirect, refuse } from "./git-host-behaviours.ts";
import { gitHttpHost } from "./git-http-host.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { testSecret } from "./test-secret.ts";

/** How a repository of the fleet fails; its id is the word. */
export const FAILURES = [
  "auth",
  "gone",
  "moved",
  "busy",
  "broken",
  "silent",
  "damaged",
  "down",
  "untrusted",
  "nameless",
] as const;
export type FailureId = (typeof FAILURES)[number];

export interface FailingFleet extends AsyncDisposable {
  readonly server: ServerProcess;
  /** What the remote of `auth` was told. */
  readonly secret: string;
  upstream(id: FailureId): Upstream;
  sync(id: FailureId): Promise<Response>;
}

/** Names that lead nowhere, and a host that nobody trusts: they never answered. The others were mirrored, and then fail. */
const NEVER_READ: ReadonlySet<FailureId> = new Set(["untrusted", "nameless"]);

/** Mirrors of which each fails in its own way, on hosts of their own, served by one process. Settles when each has failed. */
export async function failingFleet(): Promise<FailingFleet> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-failing-"));
  const upstreams = new Map<FailureId, Upstream>();
  for (const id of FAILURES) {
    if (!NEVER_READ.has(id)) upstreams.set(id, await shopOn());
  }
  const untrusted = await untrustedHost(folder);
  const secret = testSecret("remote-token");
  const urls: Partial<Record<FailureId, string>> = {
    untrusted: `${untrusted.url}/repo.git`,
    nameless: "https://nowhere.invalid/acme/nameless.git",
  };
  const repos = FAILURES.map((id) => ({
    id,
    url: urls[id] ?? upstreams.get(id)?.url.href,
    owner: "acme",
    name: id,
    ...(id === "auth" && { credentialEnv: "AUTH_TOKEN" }),
  }));
  await writeFile(join(folder, "repos.json"), JSON.stringify({ repos }));
  const dataDir = join(folder, "data");
  const args = ["--repos-config", join(folder, "repos.json"), "--data-dir", dataDir];
  const quick = ["--sync-interval", "0", "--sync-timeout", "2s"];
  const server = await startServerProcess([...args, ...quick], {
    AUTH_TOKEN: secret,
    STACKIT_LOG: "info",
  });
  const fleet: FailingFleet = {
    server,
    secret,
    upstream(id) {
      const upstream = upstreams.get(id);
      if (!upstream) throw new Error(`there is no remote of ${id}`);
      return upstream;
    },
    sync: (id) => fetch(`${server.url}/api/v1/repos/${id}/sync`, { method: "POST" }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await untrusted[Symbol.asyncDispose]();
      for (const [id, upstream] of upstreams) {
        if (id === "down") await upstream.scene[Symbol.asyncDispose]();
        else await upstream[Symbol.asyncDispose]();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  const listed = async () => ((await (await fetch(`${server.url}/api/v1/repos`)).json()) as RepoList).repos;
  while ((await listed()).some(({ freshness }) => !freshness.lastAttempt)) await sleep(50);

  fleet.upstream("auth").host.front = askForCredentials();
  fleet.upstream("gone").host.front = refuse(404);
  fleet.upstream("moved").host.front = redirect("http://127.0.0.1:9", 301);
  fleet.upstream("busy").host.front = refuse(429, { "retry-after": "600" });
  fleet.upstream("broken").host.front = refuse(500);
  fleet.upstream("silent").host.front = hang();
  await writeFile(join(dataDir, "mirrors", "damaged.git", "HEAD"), "junk");
  await fleet.upstream("damaged").scene.git("branch", "--quiet", "more", "main");
  // The look and the fetch are answered, so that the damage is met.
  fleet.upstream("damaged").host.front = on("ls-refs", after(2, refuse(503)));
  await fleet.upstream("down").host[Symbol.asyncDispose]();
  await Promise.all(FAILURES.map(async (id) => (await fleet.sync(id)).body?.cancel()));
  return fleet;
}

function shopOn(): Promise<Upstream> {
  return upstreamOf((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
  });
}

/** Speaks https with a certificate that it has signed itself. */
async function untrustedHost(folder: string) {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"];
  const args = ["req", "-x509", ...key, "-out", "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1"];
  await promisify(execFile)("openssl", args, { cwd: folder });
  const pem = (name: string) => readFile(join(folder, name), "utf8");
  return gitHttpHost(dirname(folder), { tls: { key: await pem("key.pem"), cert: await pem("cert.pem") } });
}
