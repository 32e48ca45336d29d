import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface GitHost extends AsyncDisposable {
  /** Without a slash at its end; a repository is `<url>/<name of its folder>`. */
  readonly url: string;
  /** How many fetches there were so far, by folder of the repository. */
  fetches(): Promise<Readonly<Record<string, number>>>;
}

/** A smart HTTP host of the bare repositories in `folder`, in another process: what it does is not the measured one's work. */
export async function gitHost(folder: string): Promise<GitHost> {
  const child = fork(fileURLToPath(new URL("git-host-process.ts", import.meta.url)), [folder], {
    execArgv: ["--conditions=source"],
  });
  const [{ url }] = await once(child, "message");
  return {
    url,
    async fetches() {
      const answer = once(child, "message");
      child.send("fetches");
      const [{ fetches }] = await answer;
      return fetches;
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
