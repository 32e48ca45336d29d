import { DirectSpawner, type GitProcess, type SpawnRequest } from "../../src/git/spawner.ts";

/** Starts git and remembers which subcommands were started, oldest first. */
export class CountingSpawner extends DirectSpawner {
  readonly commands: string[] = [];
  /** Object ids that the long-lived processes were asked for. */
  objectsAsked = 0;
  /** A file to which git and all that it starts write what they are, as git's trace2 does. */
  traceTo: string | undefined;
  /** The next process of this subcommand cannot be started. */
  failNext: string | undefined;
  /** In place of the next process of this subcommand there is one that waits until it is killed. */
  hangNext: string | undefined;
  #hangs = Promise.withResolvers<number>();

  /** Settles with the id of the process that waits. */
  get hanging(): Promise<number> {
    return this.#hangs.promise;
  }

  override async spawn(request: SpawnRequest): Promise<GitProcess> {
    const command = request.args.find((arg) => !arg.startsWith("-")) ?? "";
    this.commands.push(command);
    if (command === this.failNext) {
      this.failNext = undefined;
      throw Object.assign(new Error("no more processes"), { code: "EAGAIN" });
    }
    if (command === this.hangNext) {
      this.hangNext = undefined;
      const args = [...request.args.slice(0, request.args.indexOf(command)), "cat-file", "--batch"];
      const waiting = await super.spawn({ ...request, args, hasInput: true });
      this.#hangs.resolve(waiting.pid);
      this.#hangs = Promise.withResolvers();
      // What it is given would end it.
      return { ...waiting, stdin: undefined };
    }
    const trace = this.traceTo === undefined ? {} : { GIT_TRACE2_EVENT: this.traceTo };
    const git = await super.spawn({ ...request, env: { ...request.env, ...trace } });
    const { stdin } = git;
    if (command === "cat-file" && stdin) {
      const write = stdin.write.bind(stdin);
      stdin.write = (chunk: string) => {
        this.objectsAsked += chunk.split("\n").filter((line) => line.startsWith("contents ")).length;
        return write(chunk);
      };
    }
    return git;
  }

  /** What was started since the last call, short-lived ones and cat-file alike, and how many objects were asked for. */
  take(): { commands: string[]; objectsAsked: number } {
    const taken = { commands: this.commands.splice(0), objectsAsked: this.objectsAsked };
    this.objectsAsked = 0;
    return taken;
  }
}
