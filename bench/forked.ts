import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Forked extends AsyncDisposable {
  readonly process: ChildProcess;
}

/** A program of this folder as a process that ends when it is let go. */
export function forked(program: URL): Forked {
  const child = fork(fileURLToPath(program), { execArgv: ["--conditions=source"] });
  return {
    process: child,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

/** Tells the process what, and settles with what it says then. */
export async function ask<Said>(child: ChildProcess, what: object): Promise<Said> {
  const answer = once(child, "message");
  child.send(what);
  const [said] = await answer;
  return said;
}
