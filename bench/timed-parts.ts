import { performance } from "node:perf_hooks";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import type { GitProcess, SpawnRequest } from "../packages/stackit/src/git/spawner.ts";
import { RefLooker, type RefLookOptions } from "../packages/stackit/src/git/wire/ls-refs.ts";

/** Milliseconds by the name of what took them, since `clear`. */
export class Spans {
  readonly #ms = new Map<string, number>();

  add(name: string, ms: number): void {
    this.#ms.set(name, this.of(name) + ms);
  }

  of(name: string): number {
    return this.#ms.get(name) ?? 0;
  }

  clear(): void {
    this.#ms.clear();
  }
}

/** Notes how long each git runs, by its command, and how long a `cat-file` that stays is waited for. */
export class TimedSpawner extends HelperSpawner {
  readonly #spans: Spans;

  constructor(spans: Spans) {
    super();
    this.#spans = spans;
  }

  override async spawn(request: SpawnRequest): Promise<GitProcess> {
    const startedAt = performance.now();
    const git = await super.spawn(request);
    const command = request.args.find((arg) => !arg.startsWith("-")) ?? "";
    if (command === "cat-file") this.#timeAnswers(git);
    else void git.exited.then(() => this.#spans.add(command, performance.now() - startedAt));
    return git;
  }

  #timeAnswers({ stdin, stdout }: GitProcess): void {
    let askedAt: number | undefined;
    const write = stdin?.write.bind(stdin);
    if (stdin && write) {
      stdin.write = (chunk: unknown) => {
        askedAt ??= performance.now();
        return write(chunk);
      };
    }
    const emit = stdout.emit.bind(stdout);
    stdout.emit = (name: string | symbol, ...args: unknown[]) => {
      if (name === "data" && askedAt !== undefined) {
        this.#spans.add("cat-file", performance.now() - askedAt);
        askedAt = undefined;
      }
      return emit(name, ...args);
    };
  }
}

export class TimedLooker extends RefLooker {
  readonly #spans: Spans;

  constructor(spans: Spans) {
    super();
    this.#spans = spans;
  }

  override look(url: URL, options: RefLookOptions): ReturnType<RefLooker["look"]> {
    const startedAt = performance.now();
    return super.look(url, options).finally(() => this.#spans.add("look", performance.now() - startedAt));
  }
}
