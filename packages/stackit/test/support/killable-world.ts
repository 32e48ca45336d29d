import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { BranchList } from "../../src/contract/view.ts";
import { askForCredentials, waitFor } from "./git-host-behaviours.ts";
import { leftovers } from "./leftovers.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";
import { stillRunning } from "./processes.ts";
import { descendantsOf, type ServerProcess, startServerProcess } from "./server-process.ts";
import { testSecret } from "./test-secret.ts";
import { delivered, push, SECRET } from "./webhooks.ts";

const TOKEN = testSecret("tok-that-is-nowhere-but-in-memory");
const AUTHORIZATION = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;
const SECRETS = [TOKEN, AUTHORIZATION.slice("Basic ".length)];
/** All of them move with each push: a reader who sees two of different pushes sees a state that never was. */
const BRANCHES = ["api", "ui", "deep/er", "zebra"];
const REPOS = ["shop", "anew"];

/**
 * A server process with two mirrors, which is pushed to, asked to sync, told by webhooks, and killed or asked to end in the midst of
 * it. `anew` is cloned anew each time. What has been promised is remembered and looked for after the next start.
 */
export class KillableWorld implements AsyncDisposable {
  readonly #upstream: Upstream;
  readonly #folder: string;
  readonly #main: string;
  /** What was pushed and will be, in this order. */
  readonly #commits: readonly string[];
  #pushed = -1;
  /** The newest push that somebody has been shown, or was told to be there. */
  #shown = -1;
  readonly #acknowledged: string[] = [];
  readonly counts = { ends: 0, synced: 0, acknowledged: 0, sampled: 0 };

  static async open(pushes: number): Promise<KillableWorld> {
    const upstream = await upstreamOf((writer) => {
      writer.commit("main");
      for (let commit = 0; commit < pushes; commit++) {
        writer.commit("all", { files: { "data.txt": randomBytes(15_000).toString("base64") } });
      }
    });
    const { git } = upstream.scene;
    const commits = (await git("rev-list", "--reverse", "main..all")).split("\n");
    await git("update-ref", "-d", "refs/heads/all");
    await git("pack-refs", "--all");
    const folder = await mkdtemp(join(tmpdir(), "stackit-kills-"));
    const repos = REPOS.map((id) => ({
      id,
      url: upstream.url.href,
      credentialEnv: "SHOP_TOKEN",
      syncInterval: "1s",
      owner: "octo",
      name: id,
    }));
    await writeFile(join(folder, "repos.json"), JSON.stringify({ repos }));
    const world = new KillableWorld(upstream, folder, commits, await upstream.scene.sha("main"));
    await world.#push();
    return world;
  }

  private constructor(upstream: Upstream, folder: string, commits: readonly string[], main: string) {
    this.#upstream = upstream;
    this.#main = main;
    this.#folder = folder;
    this.#commits = commits;
  }

  get #dataDir(): string {
    return join(this.#folder, "data");
  }

  /** Starts, works, and is killed or asked to end at a random moment, often soon after a fetch began. */
  async round(by: "SIGKILL" | "SIGTERM"): Promise<void> {
    await rm(join(this.#dataDir, "mirrors", "anew.git"), { recursive: true, force: true });
    const server = await this.#start();
    const over = new AbortController();
    const works = [
      this.#pushAndSync(server, over.signal),
      this.#deliver(server, over.signal),
      this.#watchArguments(server, over.signal),
    ];
    await this.#allHaveWorkedOnce();
    await sleep(Math.random() * 700);
    if (Math.random() < 0.7) {
      const fetches = this.#countFetches();
      const isOver = () => over.signal.aborted || this.#countFetches() > fetches;
      for (let waited = 0; waited < 100 && !isOver(); waited++) await sleep(5);
      await sleep(Math.random() * 60);
    }
    const children = await descendantsOf(server.pid);
    server.signal(by);
    over.abort();
    const end = await server.ended;
    expect(end, server.log).toBe(by === "SIGTERM" ? 0 : by);
    await Promise.all(works);
    this.counts.ends++;
    await expect.poll(() => stillRunning(children)).toEqual([]);
    await this.#checkFiles();
  }

  /** Otherwise the rounds on a busy machine could be too short to prove anything. */
  async #allHaveWorkedOnce(): Promise<void> {
    const fewest = () => Math.min(this.counts.synced, this.counts.acknowledged, this.counts.sampled);
    await expect.poll(fewest).toBeGreaterThan(0);
  }

  /** A last start: everything promised is kept, nothing is left behind, and the mirrors are what the remote is. */
  async end(): Promise<void> {
    await ageFiles(this.#dataDir);
    await using server = await this.#start();
    for (const repo of REPOS) expect((await this.#sync(server, repo)).status).toBe(200);
    await expect.poll(() => this.#unfinished()).toEqual([]);
    const { scene } = this.#upstream;
    for (const repo of REPOS) {
      const refs = await scene.gitIn(this.#mirror(repo), "for-each-ref", "refs/heads");
      expect(refs).toBe(await scene.git("for-each-ref", "refs/heads"));
    }
    server.signal("SIGTERM");
    expect(await server.ended, server.log).toBe(0);
    expect(await leftovers(this.#dataDir)).toEqual([]);
    await this.#checkFiles();
  }

  /** The remote does not answer until the last complete state was seen. */
  async #start(): Promise<ServerProcess> {
    const opened = Promise.withResolvers<void>();
    const [refusal, gate] = [askForCredentials(AUTHORIZATION), waitFor(opened.promise)];
    this.#upstream.host.front = async (...request) => (await refusal(...request)) || gate(...request);
    const args = ["--repos-config", join(this.#folder, "repos.json"), "--data-dir", this.#dataDir];
    const env = { SHOP_TOKEN: TOKEN, STACKIT_WEBHOOK_SECRET: SECRET, STACKIT_LOG: "warn" };
    const server = await startServerProcess([...args, "--settle", "20ms"], env);
    try {
      if (this.#shown >= 0) await expect.poll(() => this.#look(server)).not.toBeUndefined();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    } finally {
      opened.resolve();
    }
    return server;
  }

  /** Which push readers see; undefined while they see nothing. */
  async #look(server: ServerProcess): Promise<number | undefined> {
    const atLeast = this.#shown;
    const response = await fetch(`${server.url}/api/v1/repos/shop/branches`);
    if (response.status !== 200) return undefined;
    const { branches } = (await response.json()) as BranchList;
    const seen = BRANCHES.map((name) => {
      const revision = branches.find((branch) => branch.name === name)?.revision ?? "";
      return this.#commits.indexOf(revision);
    });
    expect(seen, "half of a push is shown").toEqual(seen.map(() => seen[0]));
    expect(seen[0], "an older state than before is shown").toBeGreaterThanOrEqual(atLeast);
    this.#shown = Math.max(this.#shown, seen[0] ?? -1);
    return this.#shown;
  }

  /**
   * Moves all branches at once, as one push does, and so that nobody can see some moved and others not. Undefined when there is
   * nothing left to push.
   */
  async #push(): Promise<string | undefined> {
    const sha = this.#commits[this.#pushed + 1];
    if (sha === undefined) return undefined;
    const refs = [...BRANCHES.map((branch) => [branch, sha]), ["main", this.#main]].sort();
    const lines = refs.map(([branch, tip]) => `${tip} refs/heads/${branch}\n`);
    const packed = join(this.#upstream.scene.path, "packed-refs");
    await writeFile(`${packed}.new`, `# pack-refs with: peeled fully-peeled sorted \n${lines.join("")}`);
    await rename(`${packed}.new`, packed);
    this.#pushed++;
    return sha;
  }

  #sync(server: ServerProcess, repo: string): Promise<Response> {
    return fetch(`${server.url}/api/v1/repos/${repo}/sync`, { method: "POST" });
  }

  async #pushAndSync(server: ServerProcess, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#push();
      const pushed = this.#pushed;
      const answers = await Promise.allSettled(REPOS.map((repo) => this.#sync(server, repo)));
      const [answer] = answers;
      if (answer?.status !== "fulfilled" || answer.value.status !== 200) continue;
      this.counts.synced++;
      this.#shown = Math.max(this.#shown, pushed);
      if (!over.aborted) await this.#look(server).catch(unlessOver(over));
    }
  }

  async #deliver(server: ServerProcess, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await sleep(20); // So that syncs and fetches get their share of the machine.
      const tip = this.#commits[this.#pushed] ?? "";
      const repo = REPOS[this.counts.acknowledged % REPOS.length] ?? "";
      const posted = await delivered("push", push(`octo/${repo}`, "api", tip));
      const { headers, payload: body } = posted;
      const answer = await fetch(server.url + posted.url, { method: "POST", headers, body }).catch(
        unlessOver(over),
      );
      if (answer?.status !== 202) continue;
      this.counts.acknowledged++;
      this.#acknowledged.push(posted.headers["x-github-delivery"] ?? "");
    }
  }

  /** Everybody on the machine may read the arguments of processes. */
  async #watchArguments(server: ServerProcess, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      for (const pid of [server.pid, ...(await descendantsOf(server.pid))]) {
        const argv = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
        expect(SECRETS.filter((secret) => argv.includes(secret))).toEqual([]);
        this.counts.sampled++;
      }
      await sleep(20);
    }
  }

  /** As a killed server has left them: mirrors and database are whole, and no secret is in any of them. */
  async #checkFiles(): Promise<void> {
    const mirrors = await readdir(join(this.#dataDir, "mirrors")).catch(() => []);
    for (const name of mirrors.filter((each) => each.endsWith(".git"))) {
      const mirror = join(this.#dataDir, "mirrors", name);
      await this.#upstream.scene.gitIn(mirror, "fsck", "--full", "--strict", "--no-dangling");
    }
    const copy = await mkdtemp(join(this.#folder, "copy-"));
    await cp(this.#dataDir, copy, { recursive: true, filter: (path) => !path.endsWith("mirrors") });
    const database = new DatabaseSync(join(copy, "stackit.sqlite"));
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    const known = new Set(
      database
        .prepare("SELECT id FROM delivery")
        .all()
        .map(({ id }) => id),
    );
    database.close();
    await rm(copy, { recursive: true });
    expect(
      this.#acknowledged.filter((id) => !known.has(id)),
      "acknowledged and lost",
    ).toEqual([]);
    for (const path of await filesBelow(this.#dataDir)) {
      const content = await readFile(path).catch(() => Buffer.alloc(0));
      expect(
        SECRETS.filter((secret) => content.includes(secret)),
        path,
      ).toEqual([]);
    }
  }

  /** Deliveries that no finished run has answered. */
  #unfinished(): unknown[] {
    const database = new DatabaseSync(join(this.#dataDir, "stackit.sqlite"), { readOnly: true });
    const rows = database.prepare("SELECT id FROM delivery WHERE finished_at IS NULL").all();
    database.close();
    return rows;
  }

  #countFetches(): number {
    return this.#upstream.host.asks.filter((ask) => ask === "fetch").length;
  }

  #mirror(repo: string): string {
    return join(this.#dataDir, "mirrors", `${repo}.git`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#upstream[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A server that was killed answers nobody any more. */
function unlessOver(over: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!over.aborted && !isBrokenConnection(error)) throw error;
    return undefined;
  };
}

/** Undici says so of connections that could not be made and that broke. */
function isBrokenConnection(error: unknown): boolean {
  return error instanceof TypeError;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Nobody who could still hold a lock is older than that. */
async function ageFiles(folder: string): Promise<void> {
  const hourAgo = Date.now() / 1000 - 3_600;
  for (const path of await filesBelow(folder)) await utimes(path, hourAgo, hourAgo);
}
