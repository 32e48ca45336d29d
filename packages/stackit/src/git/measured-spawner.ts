import { type OpenSpan, openSpan } from "../lib/tracing.ts";
import type { GitProcess, Spawner, SpawnRequest } from "./spawner.ts";

/** From this one on git itself has failed; smaller ones may be answers. */
const FATAL = 128;

/** Counts and traces what another spawner starts. Disposal disposes that one. */
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
    const span = openSpan(nameOf(request), {
      attributes: { "process.executable.name": request.program ?? "git" },
    });
    const git = await this.#spawner.spawn(request).catch((error: unknown) => {
      span.fail("not-started");
      span.end();
      throw error;
    });
    this.#started++;
    this.#running++;
    void git.exited.then(({ code }) => {
      this.#running--;
      endOf(span, code);
    });
    return git;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#spawner[Symbol.asyncDispose]();
  }
}

/** The program and what it is to do: the first argument that is neither an option nor the value of one. Nothing of the others is told. */
function nameOf({ program = "git", args }: SpawnRequest): string {
  if (program !== "git") return program;
  const command = args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "-c");
  return command !== undefined && /^[a-z][a-z-]*$/.test(command) ? `git ${command}` : "git";
}

function endOf(span: OpenSpan, code: number | null): void {
  if (code === null) span.fail("killed");
  else {
    span.set({ "process.exit.code": code });
    if (code >= FATAL) span.fail("failed");
  }
  span.end();
}
