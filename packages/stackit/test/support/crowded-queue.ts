import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import { DirectSpawner } from "../../src/git/spawner.ts";
import { RefLooker } from "../../src/git/wire/ls-refs.ts";
import { Mirror } from "../../src/repos/mirror.ts";
import { MirrorTarget } from "../../src/sync/mirror-target.ts";
import { SyncQueue } from "../../src/sync/sync-queue.ts";
import type { Front } from "./git-http-host.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";

/** More of them than slots, on two hosts. */
export const CROWDED = ["a-1", "a-2", "a-3", "a-4", "a-5", "b-1", "b-2", "b-3"] as const;
type MirrorId = (typeof CROWDED)[number];
/** By urgency: the later overtakes the earlier. */
const TRIGGERS = ["interval", "webhook", "manual"] as const;
type CrowdTrigger = (typeof TRIGGERS)[number];

export interface CrowdLimits {
  readonly maxRunning: number;
  readonly maxRunningPerHost: number;
}

export type CrowdStep =
  | { do: "ask"; id: MirrorId; trigger: CrowdTrigger }
  | { do: "push"; host: "a" | "b" }
  /** One of those that wait at their host is answered, and its run goes on to its end. */
  | { do: "answer"; which: number };

interface Waiting {
  urgency: number;
  /** When it was asked for first. */
  readonly turn: number;
}

/**
 * Mirrors on two real hosts and their queue. Each run is stopped at the first thing that it asks its host, so what runs and what
 * waits is known at each step: F4 is checked whenever a run begins, and whenever all that may run does.
 */
export class CrowdedQueue implements AsyncDisposable {
  readonly #limits: CrowdLimits;
  readonly #upstreams: Readonly<Record<string, Upstream>>;
  readonly #folder: string;
  readonly #spawner = new DirectSpawner();
  readonly #looker = new RefLooker();
  readonly #queue: SyncQueue;
  readonly #mirrors: ReadonlyMap<string, Mirror>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Set<string>();
  /** Runs that their host has not answered yet, with what makes it answer. */
  readonly #stopped = new Map<string, () => void>();
  readonly #answered = new Set<string>();
  readonly #broken: unknown[] = [];
  /** By host, where its branch has been, oldest first. */
  readonly #pushes: Readonly<Record<string, string[]>> = { a: [], b: [] };
  #heard = Promise.withResolvers<void>();
  #unanswered = 0;
  #turn = 0;

  static async open(limits: CrowdLimits): Promise<CrowdedQueue> {
    const upstreams = {
      a: await upstreamOf((writer) => writer.commit("main")),
      b: await upstreamOf((writer) => writer.commit("main")),
    };
    return new CrowdedQueue(limits, upstreams, await mkdtemp(join(tmpdir(), "stackit-crowd-")));
  }

  private constructor(limits: CrowdLimits, upstreams: Record<string, Upstream>, folder: string) {
    this.#limits = limits;
    this.#upstreams = upstreams;
    this.#folder = folder;
    this.#queue = new SyncQueue({ ...limits, settleMs: 0, settleCapMs: 0 });
    this.#queue.observe(({ what, run }) => {
      if (what === "state") this.#note(() => this.#hear(run));
    });
    for (const { host } of Object.values(upstreams)) host.front = this.#stop;
    this.#mirrors = new Map(
      CROWDED.map((id) => {
        const url = new URL(`${upstreams[hostOf(id)]?.host.url}/${id}.git`);
        const dir = join(folder, `${id}.git`);
        const mirror = new Mirror(this.#spawner, this.#looker, { id, dir, url });
        const cadence = () => ({ expectedMaxAgeSec: 600 });
        this.#queue.register(new MirrorTarget(mirror), { kind: "mirror", cadence });
        return [id, mirror];
      }),
    );
  }

  async take(step: CrowdStep): Promise<void> {
    if (step.do === "ask") await this.#ask(step.id, step.trigger);
    else if (step.do === "push") await this.#push(step.host);
    else [...this.#stopped.values()][step.which % Math.max(1, this.#stopped.size)]?.();
    await this.#untilStill();
    for (const id of this.#waiting.keys()) {
      const reason = this.#running.has(id) || this.#obstacle(id, this.#running);
      expect(reason, `F4: ${id} waits for nothing`).toBeTruthy();
    }
  }

  /** Everybody is answered, in no more runs than there are at work and waiting. */
  async endWell(): Promise<void> {
    for (let left = this.#running.size + this.#waiting.size; left > 0; left--) {
      await this.take({ do: "answer", which: 0 });
    }
    expect(this.#unanswered, "F4: somebody starves").toBe(0);
  }

  async #ask(id: MirrorId, trigger: CrowdTrigger): Promise<void> {
    const { scene } = this.#upstreams[hostOf(id)] ?? {};
    const pushed = await scene?.sha("main");
    const urgency = TRIGGERS.indexOf(trigger);
    const waiting = this.#waiting.get(id) ?? { urgency, turn: ++this.#turn };
    waiting.urgency = Math.max(waiting.urgency, urgency);
    this.#waiting.set(id, waiting);
    this.#unanswered++;
    const { finished } = this.#queue.request(id, { trigger });
    void finished.then(({ outcome, error }) =>
      this.#note(() => {
        this.#unanswered--;
        expect(outcome, error?.detail).not.toBe("failed");
        this.#expectSince(id, pushed);
      }),
    );
  }

  /** F1, with whatever was pushed meanwhile. */
  #expectSince(id: string, pushed: string | undefined): void {
    const shown = this.#mirrors.get(id)?.refOid("refs/heads/main");
    const pushes = this.#pushes[hostOf(id)] ?? [];
    expect(pushes.indexOf(shown ?? ""), "F1: older than when it was asked for").toBeGreaterThanOrEqual(
      pushes.indexOf(pushed ?? ""),
    );
  }

  async #push(host: "a" | "b"): Promise<void> {
    const sha = await this.#upstreams[host]?.scene.commit("main");
    if (sha !== undefined) this.#pushes[host]?.push(sha);
  }

  #hear({ repoId, state }: SyncRun): void {
    if (state === "running") {
      const begun = this.#waiting.get(repoId);
      this.#waiting.delete(repoId);
      expect(begun, "a run that nobody asked for").toBeDefined();
      if (begun) this.#checkTurn(repoId, begun);
      this.#running.add(repoId);
    }
    if (state === "finished") {
      this.#running.delete(repoId);
      this.#answered.delete(repoId);
    }
  }

  #checkTurn(id: string, begun: Waiting): void {
    expect(this.#obstacle(id, this.#running), `F4: ${id} begins in spite of`).toBeUndefined();
    for (const [otherId, other] of this.#waiting) {
      if (this.#running.has(otherId) || this.#obstacle(otherId, this.#running)) continue;
      const isFirst =
        begun.urgency === other.urgency ? begun.turn < other.turn : begun.urgency > other.urgency;
      expect(isFirst, `F4: ${id} overtakes ${otherId}`).toBe(true);
    }
  }

  /** Which limit keeps it from beginning beside those that run. */
  #obstacle(id: string, running: ReadonlySet<string>): string | undefined {
    const { maxRunning, maxRunningPerHost } = this.#limits;
    const free = maxRunning - running.size;
    if (free <= 0) return "too many at once";
    const runningOn = (host: string) => [...running].filter((each) => hostOf(each) === host).length;
    const here = runningOn(hostOf(id));
    if (here === 0) return undefined;
    if (here >= maxRunningPerHost) return "too many on one host";
    const isOtherIdle = runningOn(hostOf(id) === "a" ? "b" : "a") === 0;
    return free === 1 && isOtherIdle ? "the last slot is for the other host" : undefined;
  }

  /** As the hosts see it, whatever the queue says of itself. */
  readonly #stop: Front = async (request) => {
    const [, id = "", rest = ""] = /^\/([^/]+)\.git(.*)$/.exec(request.url ?? "") ?? [];
    request.url = `/repo.git${rest}`;
    if (this.#answered.has(id)) return false;
    await new Promise<void>((answer) => {
      this.#note(() => {
        this.#stopped.set(id, answer);
        const onHost = [...this.#stopped.keys()].filter((each) => hostOf(each) === hostOf(id));
        expect(this.#stopped.size, "F4: at once").toBeLessThanOrEqual(this.#limits.maxRunning);
        expect(onHost.length, "F4: on one host").toBeLessThanOrEqual(this.#limits.maxRunningPerHost);
      });
    });
    this.#stopped.delete(id);
    this.#answered.add(id);
    return false;
  };

  /** Whatever may run does, and waits for its host. */
  async #untilStill(): Promise<void> {
    for (;;) {
      const [broken] = this.#broken;
      if (broken) throw broken;
      await new Promise((resolve) => setImmediate(resolve));
      if ([...this.#running].every((id) => this.#stopped.has(id))) return;
      await this.#heard.promise;
    }
  }

  /** What is broken there is thrown by the step that is under way. */
  #note(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#broken.push(error);
    }
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
    for (const mirror of this.#mirrors.values()) await mirror[Symbol.asyncDispose]();
    this.#looker[Symbol.dispose]();
    await this.#spawner[Symbol.asyncDispose]();
    for (const upstream of Object.values(this.#upstreams)) await upstream[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function hostOf(id: string): string {
  return id.slice(0, 1);
}
