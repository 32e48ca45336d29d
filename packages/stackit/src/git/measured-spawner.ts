import type { GitProcess, Spawner, SpawnRequest } from "./spawner.ts";

/** Counts what another spawner starts. Disposal disposes that one. */
export class MeasuredSpawner implements Spawner {
  readonly #spawner: Spawner;
  #started = 0;
  #running = 0;

  constructor(spawner: Spawner) {
    this.#spawner = spawner;
  }

  get started(): number {
    return this.#started;
  }

  get running(): number {
    return this.#running;
  }

  async spawn(request: SpawnRequest): Promise<GitProcess> {
    const git = await this.#spawner.spawn(request);
    this.#started++;
    this.#running++;
    void git.exited.then(() => this.#running--);
    return git;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#spawner[Symbol.asyncDispose]();
  }
}
