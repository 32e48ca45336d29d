import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import type { BranchList } from "../../src/contract/view.ts";
import { answerFrom, cut, hang, on, refuse } from "./git-host-behaviours.ts";
import type { Front } from "./git-http-host.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { delivered, push, SECRET } from "./webhooks.ts";

export const BRANCHES = ["a", "a/b", "c"] as const;
export const FAULTS = ["refuses", "breaks", "hangs", "hangs at objects", "cuts", "lags"] as const;

/** `announced`: a webhook tells of it before it can be seen. */
type PushKind = "forward" | "force" | "announced" | "delete";
type Branch = (typeof BRANCHES)[number];
export type Step =
  | { do: "push"; branch: Branch; how: PushKind }
  | { do: "rename the default branch" }
  | { do: "webhook"; branch: Branch; times: number }
  | { do: "sync"; how: "plain" | "expect" | "async" | "leave" }
  | { do: "fault"; fault: (typeof FAULTS)[number] }
  | { do: "mend" }
  | { do: "kill" };

/** Branches but the default one, with their tips. */
type State = ReadonlyMap<string, string>;

/**
 * A real remote on a real host, a real server process with a mirror of it, and what is known of both: which states the remote
 * has had, and how new a state readers have been promised. Every promise is checked when it could first be broken.
 */
export class MirrorModel implements AsyncDisposable {
  readonly #upstream: Upstream;
  readonly #folder: string;
  #server: ServerProcess | undefined;
  /** Of the remote, oldest first. */
  readonly #states: State[] = [new Map()];
  /** No reader may be shown an older state than this one of `#states`. */
  #oldestAllowed = 0;
  #fault: (typeof FAULTS)[number] | undefined;
  #underWay = 0;
  #overlaps = 0;
  #commits = 0;
  #trunk = "main";
  readonly #acknowledged: string[] = [];
  #lastSeen: { state: string; generation: number } | undefined;

  static async open(): Promise<MirrorModel> {
    const upstream = await upstreamOf((writer) => writer.commit("main"));
    const folder = await mkdtemp(join(tmpdir(), "stackit-model-"));
    const repo = { id: "shop", url: upstream.url.href, owner: "octo", name: "shop", syncInterval: "1s" };
    await writeFile(join(folder, "repos.json"), JSON.stringify({ repos: [repo] }));
    const model = new MirrorModel(upstream, folder);
    await model.#start();
    await model.#sync("plain");
    return model;
  }

  private constructor(upstream: Upstream, folder: string) {
    this.#upstream = upstream;
    this.#folder = folder;
    upstream.host.front = (request, response, ask) => {
      this.#underWay++;
      if (this.#underWay > 1) this.#overlaps++;
      response.once("close", () => this.#underWay--);
      return this.#behave(request, response, ask);
    };
  }

  async take(step: Step): Promise<void> {
    if (step.do === "push") await this.#push(step.branch, step.how);
    else if (step.do === "rename the default branch") await this.#rename();
    else if (step.do === "webhook") await this.#deliver(step);
    else if (step.do === "sync") await this.#sync(step.how);
    else if (step.do === "fault") await this.#break(step.fault);
    else if (step.do === "mend") this.#mend();
    else await this.#restart();
    await this.#look();
    expect(this.#overlaps, "F2: two runs at once").toBe(0);
  }

  /** The faults are over: one sync makes the mirror what the remote is, and every delivery has had its run. */
  async endWell(): Promise<void> {
    this.#mend();
    await this.#sync("plain");
    await this.#look();
    const { scene } = this.#upstream;
    const mirror = join(this.#dataDir, "mirrors", "shop.git");
    expect(await scene.gitIn(mirror, "for-each-ref", "refs/heads")).toBe(
      await scene.git("for-each-ref", "refs/heads"),
    );
    expect(await scene.gitIn(mirror, "symbolic-ref", "HEAD")).toBe(`refs/heads/${this.#trunk}`);
    await scene.gitIn(mirror, "fsck", "--full", "--strict");
    await expect.poll(() => this.#unfinished()).toEqual([]);
  }

  get #dataDir(): string {
    return join(this.#folder, "data");
  }

  get #url(): string {
    return `${this.#server?.url}/api/v1/repos/shop`;
  }

  get #state(): State {
    return this.#states.at(-1) ?? new Map();
  }

  async #start(): Promise<void> {
    const args = ["--repos-config", join(this.#folder, "repos.json"), "--data-dir", this.#dataDir];
    this.#server = await startServerProcess([...args, "--settle", "20ms", "--sync-timeout", "9s"], {
      STACKIT_WEBHOOK_SECRET: SECRET,
      STACKIT_LOG: "silent",
    });
  }

  /** A first run after a start may take long, so a host that hangs is mended first. */
  async #restart(): Promise<void> {
    if (this.#fault?.startsWith("hangs")) this.#mend();
    this.#server?.signal("SIGKILL");
    await this.#server?.ended;
    this.#lastSeen = undefined;
    await this.#start();
    await expect.poll(async () => (await fetch(`${this.#url}/branches`)).status).toBe(200);
  }

  async #push(branch: Branch, how: PushKind): Promise<void> {
    const { git } = this.#upstream.scene;
    const state = new Map(this.#state);
    // A branch `a` and one below it exclude each other.
    for (const other of BRANCHES) {
      if (!other.startsWith(`${branch}/`) && !branch.startsWith(`${other}/`)) continue;
      if (state.delete(other)) await git("update-ref", "-d", `refs/heads/${other}`);
      this.#states.push(new Map(state));
    }
    const old = state.get(branch);
    if (how === "delete") {
      if (old === undefined) return;
      await git("update-ref", "-d", `refs/heads/${branch}`);
      state.delete(branch);
    } else {
      const parent = how !== "force" && old !== undefined ? old : this.#trunk;
      const message = `Commit ${++this.#commits}`;
      const sha = await git("commit-tree", "-p", parent, "-m", message, `${this.#trunk}^{tree}`);
      if (how === "announced") await this.#announce(branch, sha);
      await git("update-ref", `refs/heads/${branch}`, sha);
      state.set(branch, sha);
    }
    this.#states.push(state);
  }

  async #rename(): Promise<void> {
    const next = this.#trunk === "main" ? "trunk" : "main";
    await this.#upstream.scene.git("branch", "-m", this.#trunk, next);
    this.#trunk = next;
  }

  async #deliver({ branch, times }: Step & { do: "webhook" }): Promise<void> {
    await this.#announce(branch, this.#state.get(branch) ?? "0".repeat(40), times);
  }

  async #announce(branch: Branch, after: string, times = 1): Promise<void> {
    const { headers, payload: body, url } = await delivered("push", push("octo/shop", branch, after));
    for (let time = 0; time < times; time++) {
      const answer = await fetch(`${this.#server?.url}${url}`, { method: "POST", headers, body });
      expect(answer.status).toBe(202);
    }
    this.#acknowledged.push(headers["x-github-delivery"] ?? "");
  }

  async #sync(how: "plain" | "expect" | "async" | "leave"): Promise<void> {
    const asked = this.#states.length - 1;
    const mayLag = this.#fault === "lags";
    const [ref, sha] = [...this.#state].at(-1) ?? [];
    const expected = how === "expect" && sha ? [{ ref: `refs/heads/${ref}`, sha }] : [];
    const client = new AbortController();
    const request = fetch(`${this.#url}/sync`, {
      method: "POST",
      headers: { "content-type": "application/json", prefer: how === "async" ? "respond-async" : "wait=30" },
      body: JSON.stringify({ expect: expected }),
      signal: client.signal,
    });
    if (how === "leave") {
      client.abort();
      await request.catch(() => {});
      return;
    }
    const answer = await request;
    const body = (await answer.json()) as SyncRun & { code?: string };
    if (how === "async") {
      expect(answer.status).toBe(202);
      return;
    }
    if (this.#fault === undefined) expect(answer.status, JSON.stringify(body)).toBe(200);
    if (answer.status !== 200) return;
    if (!mayLag) this.#oldestAllowed = Math.max(this.#oldestAllowed, asked);
    const { state, generation } = await this.#look();
    for (const each of expected) {
      expect(state.get(each.ref.slice("refs/heads/".length)), "F9: not what was expected").toBe(each.sha);
    }
    if (body.outcome === "unchanged") expect(body.refs.changes).toEqual([]);
    expect(generation).toBeGreaterThanOrEqual(body.generation ?? 0);
  }

  async #break(fault: (typeof FAULTS)[number]): Promise<void> {
    this.#mend();
    if (fault === "lags") {
      const { path } = this.#upstream.scene;
      const replica = join(dirname(path), "replica.git");
      await rm(replica, { recursive: true, force: true });
      await cp(path, replica, { recursive: true });
    }
    this.#fault = fault;
  }

  #mend(): void {
    this.#fault = undefined;
  }

  readonly #behave: Front = (...request) => {
    if (this.#fault === "refuses") return refuse(401)(...request);
    if (this.#fault === "breaks") return refuse(500)(...request);
    if (this.#fault === "hangs") return hang()(...request);
    if (this.#fault === "hangs at objects") return on("fetch", hang())(...request);
    if (this.#fault === "cuts") return on("fetch", cut(30))(...request);
    return this.#fault === "lags" ? answerFrom("replica.git")(...request) : false;
  };

  /** What readers see is a state that the remote has had, and no older one than they were promised. */
  async #look(): Promise<{ state: State; generation: number }> {
    const list = (await (await fetch(`${this.#url}/branches`)).json()) as BranchList;
    const names: readonly string[] = BRANCHES;
    const shown = list.branches.filter(({ name }) => names.includes(name));
    const state = new Map(shown.map(({ name, revision }) => [name, revision]));
    const index = this.#states.findLastIndex((each) => describe(each) === describe(state));
    expect(index, `nobody ever pushed ${describe(state)}`).toBeGreaterThanOrEqual(0);
    expect(index, `an older state than was promised: ${describe(state)}`).toBeGreaterThanOrEqual(
      this.#oldestAllowed,
    );
    // The same state may come again: the first time is the one that it certainly is no older than.
    this.#oldestAllowed = this.#states.findIndex(
      (each, at) => at >= this.#oldestAllowed && describe(each) === describe(state),
    );
    if (this.#lastSeen?.generation === list.generation) expect(describe(state)).toBe(this.#lastSeen.state);
    else if (this.#lastSeen) expect(list.generation).toBeGreaterThan(this.#lastSeen.generation);
    this.#lastSeen = { state: describe(state), generation: list.generation };
    return { state, generation: list.generation };
  }

  #unfinished(): unknown[] {
    const database = new DatabaseSync(join(this.#dataDir, "stackit.sqlite"), { readOnly: true });
    const rows = database.prepare("SELECT id, finished_at AS finishedAt FROM delivery").all();
    database.close();
    const finished = new Set(rows.flatMap(({ id, finishedAt }) => (finishedAt === null ? [] : [id])));
    return this.#acknowledged.filter((id) => !finished.has(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#upstream[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function describe(state: State): string {
  return [...state]
    .map(([name, sha]) => `${name} ${sha.slice(0, 8)}`)
    .sort()
    .join(", ");
}
