import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Hold, SyncRun } from "../../src/contract/sync-run.ts";
import type { BranchList } from "../../src/contract/view.ts";
import { answerFrom, cut, hang, on, refuse } from "./git-host-behaviours.ts";
import type { Front } from "./git-http-host.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { delivered, push, SECRET } from "./webhooks.ts";

export const BRANCHES = ["a", "a/b", "c"] as const;
/** More branches, which come and go together. */
const CROWD = Array.from({ length: 24 }, (_, index) => `crowd-${index}`);
export const FAULTS = ["refuses", "breaks", "hangs", "hangs at objects", "cuts", "lags"] as const;

/** `announced`: a webhook tells of it before it can be seen. */
type PushKind = "forward" | "force" | "announced" | "delete";
type Branch = (typeof BRANCHES)[number];
export type Step =
  | { do: "push"; branch: Branch; how: PushKind }
  | { do: "rename the default branch" }
  /** So many of the crowd are there from now on. */
  | { do: "crowd"; left: number }
  /** `stale`: with what was the hold's name when one was last seen. */
  | { do: "confirm"; how: "fresh" | "stale" }
  | { do: "second look" }
  | { do: "webhook"; branch: Branch; times: number }
  | { do: "sync"; how: "plain" | "expect" | "async" | "leave" }
  | { do: "fault"; fault: (typeof FAULTS)[number] }
  | { do: "mend" }
  | { do: "kill" };

/** Branches but the default one, with their tips. */
type State = ReadonlyMap<string, string>;

/** A loss of many branches that a run did not let through. */
interface Held {
  readonly id: string;
  readonly lost: string;
  /** A run has found the remote well since. */
  isOver: boolean;
}

/** Soon, so that it comes within a run of the model; without it a second look does not come at all. */
const SECOND_LOOK_MS = 400;
const IMPATIENT = fileURLToPath(new URL("impatient-server.ts", import.meta.url));

/**
 * A real remote on a real host, a real server process with a mirror of it, and what is known of both: which states the remote
 * has had, and how new a state readers have been promised. Every promise is checked when it could first be broken.
 */
export class MirrorModel implements AsyncDisposable {
  readonly #upstream: Upstream;
  readonly #folder: string;
  readonly #isImpatient: boolean;
  #server: ServerProcess | undefined;
  /** Of the remote, oldest first. */
  readonly #states: { readonly branches: State; readonly fromMs: number }[];
  /** No reader may be shown an older state than this one of `#states`. */
  #oldestAllowed = 0;
  #fault: (typeof FAULTS)[number] | undefined;
  /** Git reads refs one after the other: a change in between would look like a state that never was. */
  readonly #readings = new Set<Promise<void>>();
  #changed = Promise.resolve();
  #underWay = 0;
  #overlaps = 0;
  #commits = 0;
  #trunk = "main";
  readonly #acknowledged: string[] = [];
  #lastSeen: { state: string; generation: number } | undefined;
  /** The last loss that was held back. */
  #held: Held | undefined;
  /** What was lost and may be: somebody confirmed it. */
  readonly #confirmed = new Set<string>();
  readonly #crowd: State;

  /** `isImpatient`: a held loss is let through by a second look soon; otherwise by nothing but its confirmation. */
  static async open({ isImpatient }: { isImpatient: boolean }): Promise<MirrorModel> {
    const upstream = await upstreamOf((writer) => {
      writer.commit("main");
      for (const name of CROWD) writer.commit(name, { parent: "main" });
    });
    const { scene } = upstream;
    await scene.git("pack-refs", "--all");
    const crowd = new Map(
      await Promise.all(CROWD.map(async (name) => [name, await scene.sha(name)] as const)),
    );
    const folder = await mkdtemp(join(tmpdir(), "stackit-model-"));
    const repo = { id: "shop", url: upstream.url.href, owner: "octo", name: "shop", syncInterval: "1s" };
    await writeFile(join(folder, "repos.json"), JSON.stringify({ repos: [repo] }));
    const model = new MirrorModel(upstream, folder, isImpatient, crowd);
    await model.#start();
    await model.#sync("plain");
    return model;
  }

  private constructor(upstream: Upstream, folder: string, isImpatient: boolean, crowd: State) {
    this.#upstream = upstream;
    this.#folder = folder;
    this.#isImpatient = isImpatient;
    this.#crowd = crowd;
    this.#states = [{ branches: crowd, fromMs: performance.now() }];
    upstream.host.front = async (request, response, ask) => {
      this.#underWay++;
      if (this.#underWay > 1) this.#overlaps++;
      const closed = new Promise<void>((done) => response.once("close", done));
      void closed.then(() => this.#underWay--);
      for (let awaited: unknown; awaited !== this.#changed; ) {
        awaited = this.#changed;
        await awaited;
      }
      if (response.destroyed) return true;
      if (ask === "ls-refs") this.#readings.add(closed);
      void closed.then(() => this.#readings.delete(closed));
      const isAnswered = await this.#behave(request, response, ask);
      if (isAnswered) this.#readings.delete(closed);
      return isAnswered;
    };
  }

  async take(step: Step): Promise<void> {
    if (step.do === "push") await this.#push(step.branch, step.how);
    else if (step.do === "rename the default branch") await this.#rename();
    else if (step.do === "crowd") await this.#resize(step.left);
    else if (step.do === "confirm") await this.#confirm(step.how);
    else if (step.do === "second look") await this.#lookAgain();
    else if (step.do === "webhook") await this.#deliver(step);
    else if (step.do === "sync") await this.#sync(step.how);
    else if (step.do === "fault") await this.#break(step.fault);
    else if (step.do === "mend") this.#mend();
    else await this.#restart();
    await this.#look();
    expect(this.#overlaps, "F2: two runs at once").toBe(0);
  }

  /**
   * The faults are over: a sync, and what lets a loss through, make the mirror what the remote is, and every delivery has had its
   * run. Whatever came before, at the end many branches go, are back before anybody let that through, and go.
   */
  async endWell(): Promise<void> {
    this.#mend();
    const letThrough = () => (this.#isImpatient ? this.#lookAgain() : this.#confirm("fresh"));
    await letThrough();
    for (const left of [24, 12, 24, 0, 24, 0]) {
      await this.#resize(left);
      await this.#sync("plain");
    }
    await letThrough();
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
    return this.#states.at(-1)?.branches ?? new Map();
  }

  async #start(): Promise<void> {
    const args = ["--repos-config", join(this.#folder, "repos.json"), "--data-dir", this.#dataDir];
    const env = {
      STACKIT_WEBHOOK_SECRET: SECRET,
      STACKIT_LOG: "silent",
      SECOND_LOOK_MS: `${SECOND_LOOK_MS}`,
    };
    this.#server = await startServerProcess(
      [...args, "--settle", "20ms", "--sync-timeout", "9s"],
      env,
      this.#isImpatient ? { program: IMPATIENT } : {},
    );
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
    const updateRef = (...args: string[]) => this.#change(() => git("update-ref", ...args));
    const fromMs = performance.now();
    const state = new Map(this.#state);
    // A branch `a` and one below it exclude each other.
    for (const other of BRANCHES) {
      if (!other.startsWith(`${branch}/`) && !branch.startsWith(`${other}/`)) continue;
      if (state.delete(other)) await updateRef("-d", `refs/heads/${other}`);
      this.#states.push({ branches: new Map(state), fromMs });
    }
    const old = state.get(branch);
    if (how === "delete") {
      if (old === undefined) return;
      await updateRef("-d", `refs/heads/${branch}`);
      state.delete(branch);
    } else {
      const parent = how !== "force" && old !== undefined ? old : this.#trunk;
      const message = `Commit ${++this.#commits}`;
      const sha = await git("commit-tree", "-p", parent, "-m", message, `${this.#trunk}^{tree}`);
      if (how === "announced") await this.#announce(branch, sha);
      await updateRef(`refs/heads/${branch}`, sha);
      state.set(branch, sha);
    }
    this.#states.push({ branches: state, fromMs });
  }

  /** All at once, so that nobody sees half of them gone. They are nowhere but among the packed refs. */
  async #resize(left: number): Promise<void> {
    const fromMs = performance.now();
    const crowd = [...this.#crowd].slice(0, left);
    const packed = join(this.#upstream.scene.path, "packed-refs");
    const others = (await readFile(packed, "latin1"))
      .split("\n")
      .filter((line) => line.includes(" refs/") && !line.includes(" refs/heads/crowd-"));
    const lines = [...others, ...crowd.map(([name, sha]) => `${sha} refs/heads/${name}`)].map(
      (line) => `${line}\n`,
    );
    lines.sort((one, other) => (one.slice(41) < other.slice(41) ? -1 : 1));
    await writeFile(`${packed}.new`, `# pack-refs with: peeled fully-peeled sorted \n${lines.join("")}`);
    await this.#change(() => rename(`${packed}.new`, packed));
    const rest = [...this.#state].filter(([name]) => !this.#crowd.has(name));
    this.#states.push({ branches: new Map([...crowd, ...rest]), fromMs });
  }

  /** Nobody reads refs meanwhile. */
  async #change(act: () => Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changed = promise;
    try {
      await Promise.all(this.#readings);
      await act();
    } finally {
      resolve();
    }
  }

  async #confirm(how: "fresh" | "stale"): Promise<void> {
    if (how === "fresh") await this.#sync("plain");
    const held = this.#held;
    if (!held || (how === "fresh" && held.isOver)) return;
    if (!held.isOver) this.#confirmed.add(held.lost);
    const run = await this.#sync("plain", held.id);
    if (how === "stale" || this.#fault !== undefined) return;
    expect(run?.outcome, "F10: confirmed, and held all the same").not.toBe("held");
    expect(describe((await this.#look()).state)).toBe(describe(this.#state));
  }

  /** Nobody asks, and what was held comes all the same. */
  async #lookAgain(): Promise<void> {
    const run = await this.#sync("plain");
    if (run?.outcome !== "held" || !this.#isImpatient || this.#fault !== undefined) return;
    await expect
      .poll(async () => describe((await this.#look()).state), { message: "F10: no second look" })
      .toBe(describe(this.#state));
  }

  async #rename(): Promise<void> {
    const next = this.#trunk === "main" ? "trunk" : "main";
    await this.#change(() => this.#upstream.scene.git("branch", "-m", this.#trunk, next));
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

  /** Gives the run that answered, if one did and succeeded. */
  async #sync(how: "plain" | "expect" | "async" | "leave", confirm?: string): Promise<SyncRun | undefined> {
    const asked = this.#states.length - 1;
    const mayLag = this.#fault === "lags";
    const [ref, sha] = [...this.#state].at(-1) ?? [];
    const expected = how === "expect" && sha ? [{ ref: `refs/heads/${ref}`, sha }] : [];
    const client = new AbortController();
    const request = fetch(`${this.#url}/sync`, {
      method: "POST",
      headers: { "content-type": "application/json", prefer: how === "async" ? "respond-async" : "wait=30" },
      body: JSON.stringify({ expect: expected, confirm }),
      signal: client.signal,
    });
    if (how === "leave") {
      client.abort();
      await request.catch(() => {});
      return undefined;
    }
    const answer = await request;
    const body = (await answer.json()) as SyncRun & { code?: string; run?: SyncRun };
    if (how === "async") {
      expect(answer.status).toBe(202);
      return undefined;
    }
    if (body.code === "sync/held") {
      await this.#checkHold(body.run?.hold);
      return body.run;
    }
    if (this.#fault === undefined) expect(answer.status, JSON.stringify(body)).toBe(200);
    if (answer.status !== 200) return undefined;
    const { state, generation } = await this.#look(mayLag ? 0 : asked);
    for (const each of expected) {
      expect(state.get(each.ref.slice("refs/heads/".length)), "F9: not what was expected").toBe(each.sha);
    }
    if (body.outcome === "unchanged") expect(body.refs.changes).toEqual([]);
    expect(generation).toBeGreaterThanOrEqual(body.generation ?? 0);
    if (!mayLag) this.#confirmed.clear();
    if (!mayLag && this.#held) this.#held.isOver = true;
    return body;
  }

  async #checkHold(hold: Hold | undefined): Promise<void> {
    const { id = "", wouldRemove = [], branchesBefore = 0, branchesAfter } = hold ?? {};
    expect(isTooMuch(wouldRemove.length, branchesBefore), "F10: held for little").toBe(true);
    const lost = wouldRemove.filter((name) => this.#tracks(name));
    if (this.#held?.isOver) expect(id, "F10: a hold that was over goes on").not.toBe(this.#held.id);
    this.#held = { id, lost: lost.join(), isOver: false };
    if (this.#fault === undefined) {
      expect(branchesAfter).toBe(this.#state.size + 1);
      for (const name of lost) expect(this.#state.has(name), `F10: ${name} was not lost`).toBe(false);
    }
    const { state } = await this.#look();
    if (this.#isImpatient || this.#confirmed.has(lost.join())) return;
    for (const name of lost) expect(state.has(name), "F10: readers keep what is held back").toBe(true);
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

  /** What readers see is a state that the remote has had, and no older one than they were promised, now or before. */
  async #look(promised = 0): Promise<{ state: State; generation: number }> {
    const list = (await (await fetch(`${this.#url}/branches`)).json()) as BranchList;
    const shown = list.branches.filter(({ name }) => this.#tracks(name));
    const state = new Map(shown.map(({ name, revision }) => [name, revision]));
    const index = this.#states.findLastIndex(({ branches }) => describe(branches) === describe(state));
    expect(index, `nobody ever pushed ${describe(state)}`).toBeGreaterThanOrEqual(0);
    const oldestAllowed = Math.max(this.#oldestAllowed, promised);
    expect(index, `an older state than was promised: ${describe(state)}`).toBeGreaterThanOrEqual(
      oldestAllowed,
    );
    const ways = this.#reachable(this.#oldestAllowed);
    const came = this.#states.some(
      ({ branches }, at) => ways.has(at) && describe(branches) === describe(state),
    );
    expect(came, `F10: a loss that nobody confirmed is shown: ${describe(state)}`).toBe(true);
    // The same state may come again: the first time is the one that it certainly is no older than.
    this.#oldestAllowed = this.#states.findIndex(
      ({ branches }, at) => at >= oldestAllowed && describe(branches) === describe(state),
    );
    if (this.#lastSeen?.generation === list.generation) expect(describe(state)).toBe(this.#lastSeen.state);
    else if (this.#lastSeen) expect(list.generation).toBeGreaterThan(this.#lastSeen.generation);
    this.#lastSeen = { state: describe(state), generation: list.generation };
    return { state, generation: list.generation };
  }

  #tracks(name: string): boolean {
    return this.#crowd.has(name) || BRANCHES.some((each) => each === name);
  }

  /** Which states readers may be shown by now when this one was shown, in steps of any length that lose no more than they may. */
  #reachable(from: number): Set<number> {
    const reached = new Set([from]);
    for (const one of reached) {
      for (let next = one + 1; next < this.#states.length; next++) {
        if (this.#mayFollow(one, next)) reached.add(next);
      }
    }
    return reached;
  }

  #mayFollow(one: number, next: number): boolean {
    const [before, after] = [this.#states[one]?.branches, this.#states[next]?.branches];
    const lost = [...(before?.keys() ?? [])].filter((name) => !after?.has(name)).sort();
    if (!isTooMuch(lost.length, (before?.size ?? 0) + 1) || this.#confirmed.has(lost.join())) return true;
    if (!this.#isImpatient) return false;
    const lacking = this.#states.find(
      ({ branches }, at) => at > one && !lost.some((name) => branches.has(name)),
    );
    return performance.now() - (lacking?.fromMs ?? 0) >= SECOND_LOOK_MS;
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

function isTooMuch(lost: number, known: number): boolean {
  return lost > 10 && lost > known / 2;
}

function describe(state: State): string {
  return [...state]
    .map(([name, sha]) => `${name} ${sha.slice(0, 8)}`)
    .sort()
    .join(", ");
}
